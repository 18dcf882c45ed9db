import { Buffer } from 'node:buffer';
import type { Batch, Consumer, KafkaMessage } from 'kafkajs';
import type { EngineHost } from '../engines.ts';
import { AwsError } from '../errors.ts';
import { deliverBatch } from '../lambda/event-source/batch-delivery.ts';
import type { Mapping } from '../lambda/event-source/mapping.ts';
import type { MappingPoller, MappingPollerOptions } from '../lambda/event-source/mapping-poller.ts';
import { pause } from '../lambda/event-source/pause.ts';
import { recordOffsetLag } from '../lambda/function-metrics.ts';
import type { Log } from '../log.ts';
import { Backlog } from './backlog.ts';
import { UnreadableCodec } from './codecs.ts';
import { kafkaClient, UnreadableSecret } from './kafka-client.ts';
import { type KafkaRecord, kafkaEvent } from './kafka-event.ts';
import type { KafkaSource } from './kafka-source.ts';
import { kafkaVerdict } from './kafka-verdict.ts';
import { startOffsets } from './start-offsets.ts';

/** After brokers that did not answer, or a topic that is not there. */
const AGAIN_MILLISECONDS = 3000;
/** Records that wait for the function; beyond, the topic is left alone until they are half as many. */
const MAX_WAITING = { records: 20_000, bytes: 24 * 1024 * 1024 };
/** How long the group waits for a poller that was killed, before its partitions are given to the next. */
const SESSION_MILLISECONDS = 10_000;
const HEARTBEAT_MILLISECONDS = 2000;
/** Partitions a topic gets later are looked for this often. */
const METADATA_MILLISECONDS = 60_000;

interface Session {
  readonly mapping: Mapping;
  readonly source: KafkaSource;
  readonly options: MappingPollerOptions;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Polls a mapping's Kafka topic as a member of its group, and hands the records to the function: one batch at a time, of all partitions. */
export function startKafkaPoller(mapping: Mapping, source: KafkaSource, options: MappingPollerOptions): MappingPoller {
  const log = options.host.logs('lambda');
  const abort = new AbortController();
  const { signal } = abort;
  const run = async () => {
    while (!signal.aborted) {
      await poll({ mapping, source, options, log, signal }).catch((error: Error) => {
        options.report(`PROBLEM: ${problemOf(error, source)}`);
        log.warn('a Kafka topic cannot be polled', { ...where(mapping, source), reason: problemOf(error, source) });
      });
      await pause(AGAIN_MILLISECONDS, signal);
    }
  };
  const running = run();

  return {
    async stop() {
      abort.abort();
      await running;
    },
  };
}

/** One membership of the group: until the signal, or until the client gives up. */
async function poll(session: Session): Promise<void> {
  const { mapping, source, options, log } = session;
  const { host, functions } = options;
  const { roleArn } = functions.get(mapping.functionArn);
  const client = kafkaClient(source, (arn) => readSecret(host, roleArn, arn), log);
  const admin = client.admin();
  const consumer = client.consumer({
    groupId: source.group,
    sessionTimeout: SESSION_MILLISECONDS,
    heartbeatInterval: HEARTBEAT_MILLISECONDS,
    metadataMaxAge: METADATA_MILLISECONDS,
    maxWaitTimeInMs: 500,
    allowAutoTopicCreation: false,
    retry: { restartOnFailure: async () => false },
  });
  const own = new AbortController();
  const backlog = new Backlog({
    topic: source.topic,
    batchSize: mapping.settings.batchSize,
    batchingWindow: mapping.settings.batchingWindow * 1000,
  });
  let crash: Error | undefined;
  consumer.on('consumer.group_join', () => backlog.clear());
  consumer.on('consumer.crash', ({ payload }) => {
    crash = payload.error;
    own.abort();
  });
  try {
    await admin.connect();
    const starts = await startOffsets(admin, source, mapping);
    await consumer.connect();
    await consumer.subscribe({ topics: [source.topic], fromBeginning: true });
    const lag = new Lag();
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        lag.read(batch);
        const first = starts.get(batch.partition) ?? 0;
        backlog.add(batch.messages.map((message) => recordOf(batch, message)).filter(({ offset }) => offset >= first));
        if (isFull(backlog)) consumer.pause([{ topic: source.topic }]);
      },
    });
    for (const [partition, offset] of starts) consumer.seek({ topic: source.topic, partition, offset: String(offset) });
    options.report('OK');
    const signal = AbortSignal.any([session.signal, own.signal]);
    while (!signal.aborted) {
      const batch = await backlog.next(signal);
      if (batch.length > 0) await deliver(batch, { ...session, signal }, consumer, lag);
      if (!isFull(backlog, 0.5) && consumer.paused().length > 0) consumer.resume([{ topic: source.topic }]);
    }
  } finally {
    await Promise.allSettled([consumer.disconnect(), admin.disconnect()]);
  }
  if (crash !== undefined) throw crash;
}

async function deliver(
  batch: readonly KafkaRecord[],
  { mapping, source, options, log, signal }: Session,
  consumer: Consumer,
  lag: Lag,
): Promise<void> {
  const { host, functions, report } = options;
  const measure = () => recordOffsetLag(host.engines, functions.get(mapping.functionArn).name, lag.most);
  await deliverBatch(batch, mapping.settings, {
    invoke(records) {
      measure();

      return functions.invoke(mapping.functionArn, kafkaEvent(source, records));
    },
    verdict: (records, answer) => kafkaVerdict(source.topic, records, answer, mapping.settings.reportItemFailures),
    arrivedAt: ({ timestamp }) => timestamp,
    async finish(records) {
      const next = nextOffsets(records);
      lag.done(next);
      measure();
      const offsets = [...next].map(([partition, offset]) => ({
        topic: source.topic,
        partition,
        offset: String(offset),
      }));
      // What is not committed comes again, after the group is formed anew; its records know their positions.
      await consumer.commitOffsets(offsets).catch((error: Error) => {
        log.warn('offsets are not committed', { ...where(mapping, source), reason: error.message });
      });
    },
    async discard(records, condition, attempts) {
      log.error('records are given up', { ...where(mapping, source), condition, attempts, records: records.length });
    },
    halve: (records, reason) =>
      log.warn('a batch is halved', { ...where(mapping, source), records: records.length, reason }),
    report,
    pause: (milliseconds) => pause(milliseconds, signal),
    now: Date.now,
    get stopped() {
      return signal.aborted;
    },
  });
}

/** How far the newest record of each partition is from what is done. */
class Lag {
  readonly #newest = new Map<number, number>();
  readonly #next = new Map<number, number>();

  read({ partition, highWatermark, messages }: Batch): void {
    this.#newest.set(partition, Number(highWatermark));
    const [first] = messages;
    if (!this.#next.has(partition) && first !== undefined) this.#next.set(partition, Number(first.offset));
  }

  done(next: ReadonlyMap<number, number>): void {
    for (const [partition, offset] of next) this.#next.set(partition, offset);
  }

  get most(): number {
    return Math.max(
      0,
      ...[...this.#newest].map(([partition, newest]) => newest - (this.#next.get(partition) ?? newest)),
    );
  }
}

function nextOffsets(records: readonly KafkaRecord[]): ReadonlyMap<number, number> {
  const next = new Map<number, number>();
  for (const { partition, offset } of records) next.set(partition, Math.max(next.get(partition) ?? 0, offset + 1));

  return next;
}

function recordOf({ partition }: Batch, { offset, timestamp, key, value, headers = {} }: KafkaMessage): KafkaRecord {
  return {
    partition,
    offset: Number(offset),
    timestamp: Number(timestamp),
    key,
    value,
    headers: Object.entries(headers).flatMap(([name, values]) =>
      [values].flat().flatMap((one) => (one === undefined ? [] : [[name, Buffer.from(one)] as const])),
    ),
  };
}

function isFull(backlog: Backlog, part = 1): boolean {
  return backlog.length > MAX_WAITING.records * part || backlog.bytes > MAX_WAITING.bytes * part;
}

/** Lambda reads the secrets with the function's role. */
function readSecret({ engines }: EngineHost, roleArn: string, arn: string): string {
  engines.iam.authorize(roleArn, 'secretsmanager:GetSecretValue', arn);
  const secret = engines.secrets.find(arn);
  if (secret === undefined) throw new AwsError('ResourceNotFoundException', `There is no secret ${arn}.`, 400);

  return secret.secretString;
}

/** In the words of Lambda where there are any. Ref: lambda/latest/dg/with-kafka-troubleshoot */
function problemOf(error: Error, { topic, brokers }: KafkaSource): string {
  const { type } = error as { type?: string };
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return `The topic ${topic} does not exist on ${brokers.join(', ')}.`;
  if (type === 'TOPIC_AUTHORIZATION_FAILED' || type === 'GROUP_AUTHORIZATION_FAILED') {
    return `Cluster failed to authorize Lambda: ${error.message}`;
  }
  if (error.name === 'KafkaJSSASLAuthenticationError') {
    return `SASL authentication failed: ${error.message}`;
  }
  const isOwn = [UnreadableCodec, UnreadableSecret, AwsError].some((type) => error instanceof type);
  if (isOwn) return error.message;

  return `Connection error. Your event source brokers ${brokers.join(', ')}: ${error.message}`;
}

function where({ uuid, functionArn }: Mapping, { topic, group }: KafkaSource): Record<string, unknown> {
  return { mapping: uuid, function: functionArn, topic, group };
}
