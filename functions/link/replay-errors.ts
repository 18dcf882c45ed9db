import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { array, exactOptional, int, maxLength, minLength, number, strictObject, string } from 'zod/mini';
import type { ReplayedRecords } from '../../core/link/replay-claim.ts';
import {
  type ReplayErrorsPorts,
  replayErrors,
  type TargetRule,
  type TargetTopic,
} from '../../core/link/replay-errors.ts';
import { environment } from '../shared/environment.ts';
import { logger } from '../shared/logger.ts';
import { type ManagementHandler, managementHandler, ok, route } from '../shared/management-chain.ts';
import { objectStore } from '../shared/object-store.ts';
import { replayClaims } from '../shared/replay-claims.ts';
import { putOnce } from '../shared/stream-writer.ts';
import { type StreamViewer, streamViewer } from '../shared/streams.ts';
import { catalogTable } from '../shared/tables.ts';

const replay = strictObject({
  target: string().check(minLength(1)),
  keys: exactOptional(array(string()).check(minLength(1), maxLength(500))),
  product: exactOptional(string()),
  device: exactOptional(string()),
  since: exactOptional(int()),
  until: exactOptional(number()),
  after: exactOptional(string()),
});
/** Of a shard's 2 MB a second, consumers need most. */
const RECORDS_PER_READ = 1000;
const READ_PAUSE_MS = 250;

/** Management API: the messages that no topic took, into their topics. */
export const handler = replayErrorsHandler(awsPorts);

export function replayErrorsHandler(portsOf: () => ReplayErrorsPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'POST',
      path: '/error-store',
      body: replay,
      async handler({ body, caller, requestId }) {
        const answer = await replayErrors(portsOf(), body);
        const { skipped, next: _next, ...counts } = answer;
        logger.info('messages replayed', { ...counts, skipped: skipped.length, caller, requestId });

        return ok(answer);
      },
    }),
  ]);
}

function awsPorts(): ReplayErrorsPorts {
  const catalog = catalogTable();

  return {
    objects: objectStore(environment('ERROR_STORE')),
    products: async () =>
      (await catalog.queryAll({ kind: 'product' })).map(({ name, document }) => ({
        name,
        productId: String(document['productId']),
      })),
    topic: async (name) => (await catalog.get({ kind: 'topic', name }))?.document as TargetTopic | undefined,
    rules: async () =>
      (await catalog.queryAll({ kind: 'rule' })).map(
        ({ name, document }) => ({ ...document, name }) as unknown as TargetRule,
      ),
    claims: replayClaims(),
    records: recordsOf(streamViewer),
    put: putOnce,
    now: Date.now,
    wait: (milliseconds) => delay(milliseconds),
    random: Math.random,
    newId: randomUUID,
  };
}

function recordsOf(viewerOf: (stream: string) => StreamViewer): ReplayedRecords {
  return {
    shards: async (stream, since) => (await viewerOf(stream).shards(since)).map(({ shard }) => shard),
    async *pages(stream, shard, from) {
      const viewer = viewerOf(stream);
      let handle: string | undefined = await viewer.open({ shard, ...from });
      while (handle !== undefined) {
        const answer = await viewer.read(handle, RECORDS_PER_READ);
        if (answer === undefined) {
          await delay(READ_PAUSE_MS);
          continue;
        }
        yield answer.records;
        handle = answer.behindMs === 0 ? undefined : answer.next;
        await delay(READ_PAUSE_MS);
      }
    },
  };
}
