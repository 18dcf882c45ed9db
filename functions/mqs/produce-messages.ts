import { randomUUID } from 'node:crypto';
import type { ApiDefinitions } from '../../core/apic/api-definition.ts';
import { Refusal } from '../../core/errors.ts';
import {
  faultOf,
  isFault,
  type ProducedTopic,
  type ProduceFault,
  type PutOutcome,
  prepareMessages,
  publicFault,
  readProduceRequest,
  type TopicEntry,
} from '../../core/mqs/produce-messages.ts';
import { type ApiAnswer, type ApiHandler, apiHandler, type GroupRules } from '../shared/chain.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { environment } from '../shared/environment.ts';
import type { ApiCall } from '../shared/middleware/call-state.ts';
import { putRecords } from '../shared/topic-writer.ts';

export interface ProducePorts {
  readonly topic: ProducedTopic;
  readonly put: (entries: readonly TopicEntry[]) => Promise<PutOutcome[]>;
  readonly now: () => number;
}

interface Result {
  readonly index: number;
  readonly traceId: string;
  readonly outcome: { readonly partition: string; readonly sequenceNumber: string } | ProduceFault;
}

export const handler = produceHandler(readDefinitions<ApiDefinitions>(), {
  topic: readDefinitions<ProducedTopic>('topic.json'),
  put: (entries) => putRecords(environment('TOPIC_STREAM'), entries),
  now: Date.now,
});

/**
 * Takes messages of apps into a topic. Answered is what the stream has acknowledged, message by message: 200 when it has all of them, 207 when
 * it has some, and the status of the first fault when it has none.
 */
export function produceHandler(definitions: GroupRules, ports: ProducePorts): ApiHandler {
  return apiHandler(async (call) => {
    const request = readProduceRequest(call.body);
    const results = await produced(ports, request, call);
    const failed = results.filter(({ outcome }) => 'code' in outcome).length;
    call.log.info('produced', { topic: ports.topic.topic, written: results.length - failed, failed });
    const [first] = results;
    if (request.single && first !== undefined) {
      return single(first);
    }

    return batch(ports.topic.topic, results, call.requestId);
  }, definitions);
}

async function produced(
  { topic, put, now }: ProducePorts,
  request: ReturnType<typeof readProduceRequest>,
  { app, requestId }: ApiCall,
): Promise<Result[]> {
  const messages = prepareMessages(topic, request, {
    ...{ app, requestId, now: now(), random: Math.random, newId: randomUUID },
  });
  const entries = messages.flatMap(({ made }) => (isFault(made) ? [] : [made]));
  const outcomes = entries.length === 0 ? [] : await put(entries);
  let next = 0;

  return messages.map(({ traceId, made }, index) => {
    if (isFault(made)) {
      return { index, traceId, outcome: made };
    }
    const outcome = outcomes[next] ?? { error: 'NoAnswer', message: 'nothing is known of it', unsure: true as const };
    next += 1;

    return {
      index,
      traceId,
      outcome:
        'error' in outcome ? faultOf(outcome) : { partition: outcome.shard, sequenceNumber: outcome.sequenceNumber },
    };
  });
}

function single({ traceId, outcome }: Result): ApiAnswer {
  if ('code' in outcome) {
    throw new Refusal(outcome.code, { message: outcome.message });
  }

  return { status: 200, body: JSON.stringify({ traceId, ...outcome }) };
}

function batch(topic: string, results: readonly Result[], requestId: string): ApiAnswer {
  const faults = results.flatMap(({ outcome }) => ('code' in outcome ? [outcome] : []));
  const [first] = faults;
  const answer = {
    topic,
    written: results.length - faults.length,
    failed: faults.length,
    results: results.map(({ index, traceId, outcome }) =>
      'code' in outcome ? { index, ...publicFault(outcome) } : { index, traceId, ...outcome },
    ),
  };
  if (first === undefined || answer.written > 0) {
    return { status: first === undefined ? 200 : 207, body: JSON.stringify(answer) };
  }
  const refusal = new Refusal(first.code, { message: first.message });
  const { error_msg, error_code } = { error_msg: refusal.message, error_code: publicFault(first).error_code };

  return { status: refusal.status, body: JSON.stringify({ error_msg, error_code, request_id: requestId, ...answer }) };
}
