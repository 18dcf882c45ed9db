import type { TopicRecord } from '../../../core/mqs/message.ts';
import type { TopicReader } from '../../../core/mqs/query-topic.ts';

export interface ModelRecord {
  readonly shard: string;
  readonly arrivedAt: number;
  readonly key: string;
  readonly text: string;
}

/**
 * Records as a stream keeps them: numbered within their shard, in order of arrival.
 *
 * @param stretchMs as far as one read gets where there are no records: it answers none then, and is still behind
 */
export function topicModel(
  records: readonly ModelRecord[],
  { now, stretchMs = Number.MAX_SAFE_INTEGER }: { readonly now: number; readonly stretchMs?: number },
) {
  const clock = { now, reads: 0, refusing: false };
  const ordered = [...records].sort((one, other) => one.arrivedAt - other.arrivedAt);
  const stored = ordered.map((record, index) => ({ ...record, sequenceNumber: String(1000 + index) }));
  const of = (shard: string) => stored.filter((record) => record.shard === shard);
  const indexOf = (shard: string, fits: (record: (typeof stored)[number]) => boolean) => {
    const index = of(shard).findIndex(fits);

    return index === -1 ? of(shard).length : index;
  };
  // A handle: shard, index of the next record, and the time that reading has reached.
  const handle = (shard: string, index: number, time: number) => `${shard}/${index}/${time}`;
  const horizon = now - 700_000;
  const reader: TopicReader = {
    now: () => clock.now,
    async wait(milliseconds) {
      clock.now += milliseconds;
    },
    async open({ shard, after, at }) {
      if (at !== undefined)
        return handle(
          shard,
          indexOf(shard, ({ arrivedAt }) => arrivedAt >= at),
          at,
        );
      if (after === undefined) return handle(shard, 0, horizon);
      const seen = of(shard).find(({ sequenceNumber }) => sequenceNumber === after)?.arrivedAt ?? horizon;

      return handle(
        shard,
        indexOf(shard, ({ sequenceNumber }) => Number(sequenceNumber) > Number(after)),
        seen,
      );
    },
    async openAt(shard, sequenceNumber) {
      const index = of(shard).findIndex((record) => record.sequenceNumber === sequenceNumber);

      return index === -1 ? undefined : handle(shard, index, Number.MAX_SAFE_INTEGER);
    },
    async read(text, limit) {
      clock.reads += 1;
      clock.now += 5;
      if (clock.refusing) return undefined;
      const [shard = '', index, time] = text.split('/');
      const [from, reached] = [Number(index), Number(time) + stretchMs];
      const head = of(shard)[from];
      if (head !== undefined && head.arrivedAt > reached) {
        return { records: [], behindMs: Math.max(1, clock.now - reached), next: handle(shard, from, reached) };
      }
      const some = of(shard).slice(from, from + limit);
      const last = some.at(-1);
      const more = from + some.length < of(shard).length;
      return {
        records: some.map(recordOf),
        behindMs: more ? Math.max(1, clock.now - (last?.arrivedAt ?? 0)) : 0,
        next: handle(shard, from + some.length, last?.arrivedAt ?? reached),
      };
    },
  };

  return { clock, reader, stored };
}

function recordOf(record: ModelRecord & { readonly sequenceNumber: string }): TopicRecord {
  const { sequenceNumber, key: partitionKey, arrivedAt, text } = record;
  const envelope = {
    raw: Buffer.from(text).toString('base64'),
    ...{
      productId: 'p',
      deviceId: partitionKey,
      clientId: 'd1',
      eventTime: arrivedAt,
      traceId: `trace-${sequenceNumber}`,
    },
  };

  return { sequenceNumber, partitionKey, arrivedAt, data: Buffer.from(JSON.stringify(envelope)) };
}
