import type { FeedTask } from '../../../../core/fdi/feed-task.ts';
import type { StreamRecord } from '../../../../core/fdi/row.ts';
import type { DatabaseTarget } from '../../../../core/fdi/run-destination.ts';
import { type FeedPorts, feedConsumer } from '../../../../functions/shared/feed-consumer.ts';
import { feedTarget } from '../../../../functions/shared/feed-target.ts';
import { FIRST_TIME, record, SHARD } from '../records.ts';
import type { databases, Side } from '../scheduled/databases.ts';

/** A task that reads orders out of a topic. */
export function feedTask(target: Partial<DatabaseTarget> = {}, rest: Partial<FeedTask> = {}): FeedTask {
  return {
    name: 'Orders',
    source: {
      ...{ topic: 'Orders', parse: true, dataType: 'JSON', timeZone: 'UTC', base64: false, deviceInfo: true },
      metadata: [
        { alias: 'Id', type: 'integer', path: 'data.id' },
        { alias: 'Name', type: 'string', path: 'data.name' },
      ],
    },
    target: {
      ...{ kind: 'database', place: 'external', table: 'target', write: 'upsert', keys: ['Id'], onlyChanged: false },
      ...target,
    },
    mapping: 'by-name',
    delivery: 'effectively-once',
    ...rest,
  };
}

export interface Order {
  readonly n: number;
  readonly id: unknown;
  readonly name?: unknown;
  /** Milliseconds after the first message's time. */
  readonly at?: number;
}

export function order({ n, id, name = `order ${n}`, at = n }: Order): StreamRecord {
  return record({ n, payload: { id, name }, eventTime: FIRST_TIME + at });
}

export type Run = (sql: string) => Promise<Record<string, unknown>[]>;
export type Engine = readonly [name: string, target: () => Side, run: Run, look: string];

/** Both kinds of databases that tasks write into. */
export function enginesOf(
  { mysql, postgresql, side }: ReturnType<typeof databases>,
  byId = false,
): readonly [mysql: Engine, postgresql: Engine] {
  const [first, second] = byId ? ['Id, Place', '"Id", place'] : ['Place', 'place'];

  return [
    ['MySQL', () => side.mysql(), (sql) => mysql.run(sql), `SELECT Id AS id FROM target ORDER BY ${first}`],
    [
      'PostgreSQL',
      () => side.postgresql(),
      (sql) => postgresql.run(sql),
      `SELECT "Id"::int AS id FROM target ORDER BY ${second}`,
    ],
  ];
}

export interface Delivery {
  readonly task: FeedTask;
  readonly side: Side;
  readonly platform?: FeedPorts['platform'];
  readonly epoch?: number;
  readonly remainingMs?: number;
}

/** A process of its own: what it remembers of one batch it has for the next. */
export function delivering({ task, side, platform, epoch, remainingMs = 60_000 }: Delivery) {
  const target = feedTarget(task, async () => side);
  const consume = feedConsumer(task, undefined, {
    target: () => target,
    ...(platform && { platform }),
  });
  const qualifier = epoch === undefined ? '' : `:epoch-${epoch}`;
  const context = {
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:deliver${qualifier}`,
    getRemainingTimeInMillis: () => remainingMs,
  };

  return {
    /** @returns the first record that is not written */
    batch: (records: readonly StreamRecord[], shard = SHARD) => consume(shard, records, context),
    end: async () => (await target).sessions.close(),
  };
}
