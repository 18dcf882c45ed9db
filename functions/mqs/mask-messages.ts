import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Envelope, encodeEnvelope, payloadText } from '../../core/mqs/envelope.ts';
import {
  type FailureReport,
  failureKey,
  intakeFailure,
  MASK_ACTION,
  maskedPayload,
  maskedReport,
  readIntakeEvent,
  unmaskable,
} from '../../core/mqs/mask-message.ts';
import { keyOf } from '../../core/mqs/partition-key.ts';
import type { ProducedTopic, PutOutcome, TopicEntry } from '../../core/mqs/produce-messages.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { environment } from '../shared/environment.ts';
import { logger } from '../shared/logger.ts';
import { objectStore } from '../shared/object-store.ts';
import { putRecords } from '../shared/topic-writer.ts';

export interface MaskPorts {
  readonly topic: ProducedTopic;
  readonly put: (entry: TopicEntry) => Promise<PutOutcome>;
  readonly keep: (key: string, body: string) => Promise<void>;
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<unknown>;
}

/** A stream that throttles is asked again as the rules engine would; then the message goes to the error store. Milliseconds. */
const WAITS: readonly number[] = [100, 300, 900, 2700];
const ACTION = 'KinesisAction';

export const handler = maskMessages(() => ({
  topic: readDefinitions<ProducedTopic>('topic.json'),
  async put(entry) {
    const [outcome] = await putRecords(environment('TOPIC_STREAM'), [entry]);

    return outcome ?? { error: 'NoAnswer', message: 'the stream says nothing of the record', unsure: true };
  },
  keep: (key, body) => objectStore(environment('ERROR_STORE')).put(key, body),
  now: Date.now,
  wait: (milliseconds) => delay(milliseconds),
}));

/**
 * Masks what devices send before it is stored anywhere: into the topic, or where that fails, into the error store. What cannot be masked is not
 * kept, only that it came. Throws when neither took a message, so that Lambda tries it again; no line of the log says what was sent.
 */
export function maskMessages(portsOf: () => MaskPorts): (event: unknown) => Promise<void> {
  return async (event) => {
    const ports = portsOf();
    const { topic, filterFields } = ports.topic;
    const read = readIntakeEvent(event);
    if (read.kind === 'unknown') {
      logger.error('not a message of a rule: it is dropped', { problem: read.problem });
      return;
    }
    if (read.kind === 'failed') {
      await keep(ports, maskedReport(read.report, filterFields, topic));
      return;
    }
    const { envelope } = read;
    const raw = maskedPayload(envelope.raw, filterFields);
    if (raw === undefined) {
      await keep(
        ports,
        failed(ports, envelope, { action: MASK_ACTION, reason: unmaskable(envelope.raw), payload: '' }),
      );
      return;
    }
    const reason = await write(ports, { ...envelope, raw });
    if (reason !== undefined) {
      await keep(ports, failed(ports, envelope, { action: ACTION, reason, payload: raw }));
    }
  };
}

/** Answers why the stream did not take it. */
async function write({ topic, put, wait }: MaskPorts, envelope: Envelope): Promise<string | undefined> {
  const sender = { sender: envelope.deviceId, payload: () => payloadText(envelope) };
  const entry = {
    data: encodeEnvelope(envelope),
    key: keyOf(topic.partitionKey, sender, Math.random, randomUUID),
  };
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await put(entry);
    if (!('error' in outcome)) {
      return undefined;
    }
    const pause = WAITS[attempt];
    if (pause === undefined) {
      return `${outcome.error}: ${outcome.message}`;
    }
    await wait(pause);
  }
}

function failed(
  { topic: { topic } }: MaskPorts,
  envelope: Envelope,
  failure: Parameters<typeof intakeFailure>[1],
): FailureReport {
  return intakeFailure({ envelope, rule: topic, topic }, failure);
}

async function keep({ topic: { topic }, keep: store, now }: MaskPorts, report: FailureReport): Promise<void> {
  const key = failureKey(report, topic, now(), randomUUID());
  await store(key, JSON.stringify(report));
  const { cloudwatchTraceId: traceId, failures } = report;
  logger.warn('a message is in the error store', { topic, traceId, key, reason: failures.at(-1)?.errorMessage });
}
