import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { correctRejected } from '../../../../core/fdi/correct-rejected.ts';
import { planFeed } from '../../../../core/fdi/feed-plan.ts';
import type { FeedTask, OutletTask } from '../../../../core/fdi/feed-task.ts';
import { outletRun, planOutlet } from '../../../../core/fdi/outlet-plan.ts';
import { READMIT_FUNCTION_SQL } from '../../../../core/fdi/readmit-function.ts';
import { feedReplay, outletTaskReplay } from '../../../../core/fdi/replay-delivery.ts';
import { replayHeld } from '../../../../core/fdi/replay-held.ts';
import { readRecords } from '../../../../core/fdi/row.ts';
import type { OutgoingRequest } from '../../../../core/fdi/run-http-send.ts';
import { type HttpTarget, httpOutlet } from '../../../../core/fdi/run-http-target.ts';
import type { ConsumeShard } from '../../../../functions/shared/batch-consumer.ts';
import { database } from '../../../../functions/shared/database.ts';
import { feedConsumer } from '../../../../functions/shared/feed-consumer.ts';
import { feedTarget } from '../../../../functions/shared/feed-target.ts';
import { kafkaConsumer } from '../../../../functions/shared/kafka-consumer.ts';
import { outletConsumer } from '../../../../functions/shared/outlet-consumer.ts';
import { platformSessions } from '../../../../functions/shared/runs/platform-session.ts';
import { kafkaEvent, kafkaRecord } from '../kafka-batches.ts';
import { databases, type Side } from '../scheduled/databases.ts';
import { enginesOf, feedTask, type Run } from './feeds.ts';
import { type Mortal, mortal } from './mortal.ts';

const engines = databases();
const { mysql, postgresql } = engines;
const ENGINES = enginesOf(engines, true);
const TOO_LONG = 'far too long for its column';
const METADATA = [
  { alias: 'Id', type: 'integer', path: 'id' },
  { alias: 'Name', type: 'string', path: 'name' },
] as const;
const plain = feedTask({ write: 'insert', keys: [] });
const task: FeedTask = { ...plain, source: { ...plain.source, deviceInfo: false, metadata: METADATA } };
const CONTEXT = {
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:deliver',
  getRemainingTimeInMillis: () => 60_000,
};

beforeAll(() => mysql.run(READMIT_FUNCTION_SQL));

beforeEach(async () => {
  await mysql.run('DROP TABLE IF EXISTS target');
  await mysql.run('CREATE TABLE target (Id BIGINT, Name VARCHAR(20), Place INT AUTO_INCREMENT PRIMARY KEY)');
  await postgresql.run('DROP TABLE IF EXISTS target');
  await postgresql.run('CREATE TABLE target ("Id" bigint, "Name" varchar(20), place serial PRIMARY KEY)');
  await emptied();
});

async function emptied(): Promise<void> {
  await mysql.run('DELETE FROM causeway.position');
  await mysql.run('DELETE FROM causeway.quarantine');
}

/** Two partitions whose offsets are the same; every third record does not fit, and one only deletes its key. */
async function read(consume: ConsumeShard): Promise<void> {
  const records = [0, 1].flatMap((partition) =>
    Array.from({ length: 6 }, (_, offset) =>
      kafkaRecord({
        ...{ partition, offset, ...(offset % 2 === 0 && { key: `k-${offset}` }) },
        value: { id: partition * 100 + offset, name: offset % 3 === 2 ? TOO_LONG : 'fits' },
      }),
    ),
  );
  const deleted = kafkaRecord({ partition: 1, offset: 6, key: 'k', value: null });
  const consumer = kafkaConsumer({ answers: 'parts' }, consume, async () => {
    throw new RangeError('nobody asks');
  });

  const event = kafkaEvent([...records, deleted]) as never;
  const first = await consumer(event, CONTEXT);
  // Two partitions that make the task's own tables at once may be in each other's way: Lambda brings what is not written again.
  const last = isWritten(first) ? first : await consumer(event, CONTEXT);
  expect(last).toEqual({ batchItemFailures: [] });
}

function isWritten(answer: object): boolean {
  return 'batchItemFailures' in answer && (answer.batchItemFailures as readonly unknown[]).length === 0;
}

/** By what its record holds, as somebody with an editor does. */
async function corrected(): Promise<void> {
  for (const { id, body } of await mysql.run(
    "SELECT Id AS id, CONVERT(Body USING utf8mb4) AS body FROM causeway.quarantine WHERE Code <> 'envelope'",
  )) {
    const text = String(body).replace(TOO_LONG, 'fits now');
    const payload = Buffer.from(text).toString('base64');
    await correctRejected(database(), { task: 'Orders', id: Number(id), payload, by: 'test' });
  }
}

async function replay(own: Side, dying?: Mortal) {
  const { dialect, sessions, describe } = await feedTarget(task, async () => own);
  const platform = dying?.platform() ?? database();
  try {
    const way = feedReplay({
      ...{ platform, plan: planFeed(task, dialect, await describe()), dialect, sessions, batch: '0123456789abcde' },
      read: (some, plan) => readRecords(some, plan),
      clientIdOf: () => '',
      session: dying?.dying(platformSessions(undefined)) ?? platformSessions(undefined),
      ...{ pause: async () => undefined, random: () => 0.5 },
    });

    return await replayHeld(platform, way, {});
  } finally {
    await sessions.close();
  }
}

async function intoDatabase(target: () => Side, run: Run): Promise<void> {
  await emptied();
  await run('DELETE FROM target');
  for (const table of ['causeway_feed', 'causeway_replayed']) {
    await run(`DROP TABLE IF EXISTS ${table}`);
  }
  const opened = feedTarget(task, async () => target());
  await read(feedConsumer(task, undefined, { target: () => opened }));
  await (await opened).sessions.close();
}

const accounts = () =>
  mysql.run(
    'SELECT Shard AS shard, Written AS written, Quarantined AS quarantined FROM causeway.position ORDER BY Shard',
  );
const ALL = [0, 1, 2, 3, 4, 5, 100, 101, 102, 103, 104, 105];
/** What deletes its key is no row, whatever it is corrected to, and stays. */
const WHOLE = [
  { shard: 'rows-0', written: 6, quarantined: 0 },
  { shard: 'rows-1', written: 6, quarantined: 1 },
];

test.each(ENGINES)(
  'into %s records of Kafka are replayed after all, and each partition counts its own; killed at any call, each is a row once',
  async (...engine) => {
    const [, target, run, look] = engine;
    await intoDatabase(target, run);
    expect(await accounts()).toEqual([
      { shard: 'rows-0', written: 4, quarantined: 2 },
      { shard: 'rows-1', written: 4, quarantined: 3 },
    ]);
    // As they were they are refused again, and stay.
    expect(await replay(target())).toMatchObject({ written: 0, refused: { length: 5 } });

    let step = 1;
    for (; ; step += 5) {
      await intoDatabase(target, run);
      await corrected();
      const dying = mortal(target(), step);
      await replay(dying.side, dying).catch(() => undefined);
      await replay(target());
      const rows = (await run(look)).map(({ id }) => Number(id));
      expect({ step, rows, accounts: await accounts() }).toEqual({ step, rows: ALL, accounts: WHOLE });
      if (dying.steps() < step) {
        break;
      }
    }
    expect(step).toBeGreaterThan(30);
    expect(await mysql.run('SELECT Code AS code FROM causeway.quarantine')).toEqual([{ code: 'envelope' }]);
  },
  120_000,
);

test('into an API records of Kafka are sent after all, each under a key of its own that stays', async () => {
  const target: HttpTarget = {
    ...{ kind: 'http', place: 'erp.example.com', method: 'POST', path: '/orders', headers: {}, auth: { kind: 'none' } },
    ...{ hasBody: true, success: [[200, 299]], idempotencyHeader: 'Idempotency-Key', timeoutSeconds: 5 },
  };
  const own: OutletTask = { ...task, target, delivery: 'at-least-once' };
  const taken: { readonly id: number; readonly key: string | undefined }[] = [];
  const ports = {
    async ask({ body = '{}', headers }: OutgoingRequest) {
      const { Id: id, Name: name } = JSON.parse(body) as { Id: number; Name: string };
      if (name === TOO_LONG) {
        return { status: 422, headers: {}, text: 'too long' };
      }
      taken.push({ id, key: headers['idempotency-key'] });

      return { status: 201, headers: {}, text: '' };
    },
    ...{ pause: async () => undefined, random: () => 0.5, now: () => 1000 },
  };
  const outlet = httpOutlet(outletRun(own), target, ports);
  await read(outletConsumer(own, undefined, { outlet: () => httpOutlet(outletRun(own), target, ports) as never }));
  await corrected();
  const again = (takesOut: boolean) => {
    const platform = database();
    const dead: typeof platform = {
      ...platform,
      execute: async (sql, parameters, options) => {
        if (!takesOut && /readmit|DELETE/.test(sql)) {
          throw new RangeError('the process was killed');
        }

        return platform.execute(sql, [...(parameters ?? [])], options);
      },
    };
    const way = outletTaskReplay({
      ...{ platform: dead, task: own, outlet, isOver: () => false, clientIdOf: () => '' },
      read: (some, plan) => readRecords(some, plan),
      planOf: (scope) => planOutlet(own, outlet, scope),
    });

    return replayHeld(dead, way, {});
  };
  await again(false).catch(() => undefined);

  await again(true);

  const keys = Map.groupBy(taken, ({ id }) => id);
  expect([...keys.keys()].toSorted((a, b) => a - b)).toEqual(ALL);
  expect([...keys.values()].every((sent) => new Set(sent.map(({ key }) => key)).size === 1)).toBe(true);
  expect(new Set(taken.map(({ key }) => key)).size).toBe(ALL.length);
  expect(await accounts()).toEqual(WHOLE);
});
