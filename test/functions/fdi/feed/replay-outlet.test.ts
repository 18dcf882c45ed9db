import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { correctRejected } from '../../../../core/fdi/correct-rejected.ts';
import type { OutletTask } from '../../../../core/fdi/feed-task.ts';
import { outletRun, planOutlet } from '../../../../core/fdi/outlet-plan.ts';
import { READMIT_FUNCTION_SQL } from '../../../../core/fdi/readmit-function.ts';
import { outletTaskReplay } from '../../../../core/fdi/replay-delivery.ts';
import { replayHeld } from '../../../../core/fdi/replay-held.ts';
import { outletRunReplay } from '../../../../core/fdi/replay-run.ts';
import { readRecords } from '../../../../core/fdi/row.ts';
import type { HttpSendPorts, OutgoingRequest } from '../../../../core/fdi/run-http-send.ts';
import { type HttpTarget, httpOutlet } from '../../../../core/fdi/run-http-target.ts';
import { type TopicTarget, topicOutlet } from '../../../../core/fdi/run-topic-target.ts';
import { database } from '../../../../functions/shared/database.ts';
import { outletConsumer } from '../../../../functions/shared/outlet-consumer.ts';
import { platformSessions } from '../../../../functions/shared/runs/platform-session.ts';
import { SHARD } from '../records.ts';
import { databases, scheduledTask } from '../scheduled/databases.ts';
import { order } from './feeds.ts';
import { mortal } from './mortal.ts';

const { mysql, side } = databases();

beforeAll(() => mysql.run(READMIT_FUNCTION_SQL));

beforeEach(async () => {
  for (const table of ['position', 'quarantine', 'replayed', 'run', 'run_position']) {
    await mysql.run(`DELETE FROM causeway.${table}`);
  }
});

const HTTP: HttpTarget = {
  ...{ kind: 'http', place: 'erp.example.com', method: 'POST', path: '/orders', headers: {}, auth: { kind: 'none' } },
  ...{ hasBody: true, success: [[200, 299]], idempotencyHeader: 'Idempotency-Key', timeoutSeconds: 30 },
};

const TASK: OutletTask = {
  name: 'Orders',
  source: {
    ...{ topic: 'Orders', parse: true, dataType: 'JSON', timeZone: 'UTC', base64: false, deviceInfo: true },
    metadata: [
      { alias: 'id', type: 'integer', path: 'data.id' },
      { alias: 'name', type: 'string', path: 'data.name' },
    ],
  },
  target: HTTP,
  mapping: 'by-name',
  delivery: 'at-least-once',
};

/** An API that takes no order by these names. */
class Api {
  readonly taken: { readonly id: number; readonly key: string }[] = [];
  refusing: readonly string[] = ['bad'];
  isAway = false;

  readonly ports: HttpSendPorts = {
    ask: async (request: OutgoingRequest) => {
      const items = JSON.parse(request.body ?? '[]') as { id: number; name: string } | { id: number; name: string }[];
      const all = Array.isArray(items) ? items : [items];
      if (this.isAway) {
        return { problem: 'nobody is there', kind: 'lasting' as const };
      }
      if (all.some(({ name }) => this.refusing.includes(name))) {
        return { status: 422, headers: {}, text: 'no such thing' };
      }
      this.taken.push(...all.map(({ id }) => ({ id, key: request.headers['idempotency-key'] ?? '' })));

      return { status: 201, headers: {}, text: '' };
    },
    pause: async () => undefined,
    random: () => 0.5,
    now: () => 1000,
  };

  get ids(): readonly number[] {
    return this.taken.map(({ id }) => id);
  }
}

async function consumed(api: Api, target: HttpTarget = HTTP): Promise<OutletTask> {
  const task = { ...TASK, target };
  const consume = outletConsumer(task, undefined, {
    outlet: () => httpOutlet(outletRun(task), target, api.ports) as never,
  });
  const context = {
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:deliver',
    getRemainingTimeInMillis: () => 60_000,
  };
  const names = ['good', 'bad', 'good', 'bad', 'bad', 'good'];
  await consume(
    SHARD,
    names.map((name, at) => order({ n: at + 1, id: at + 1, name })),
    context,
  );

  return task;
}

function replay(
  task: OutletTask,
  api: Api,
  {
    platform = database(),
    isOver = () => false,
  }: { platform?: ReturnType<typeof database>; isOver?: () => boolean } = {},
) {
  const outlet = httpOutlet(outletRun(task), task.target as HttpTarget, api.ports);
  const way = outletTaskReplay({
    ...{ platform, task, outlet, isOver, clientIdOf: () => '' },
    read: (some, plan) => readRecords(some, plan),
    planOf: (scope) => planOutlet(task, outlet, scope),
  });

  return replayHeld(platform, way, {});
}

const account = async () =>
  (await mysql.run('SELECT Written AS written, Quarantined AS quarantined FROM causeway.position'))[0];
const held = async () =>
  (await mysql.run('SELECT Id AS id, Seq + 0 AS seq FROM causeway.quarantine ORDER BY Id')).map(({ id, seq }) => [
    Number(id),
    Number(seq),
  ]);

test.each([
  ['alone', HTTP],
  ['so many a request', { ...HTTP, batch: { size: 4 } }],
] as const)('what an API refused is sent after all, %s, and counts as written', async (_name, target) => {
  const api = new Api();
  const task = await consumed(api, target);
  expect(await account()).toEqual({ written: 3, quarantined: 3 });
  const [[first]] = (await held()) as [[number, number]];
  const payload = Buffer.from(JSON.stringify({ deviceId: 'S', id: 2, name: 'good now' })).toString('base64');
  await correctRejected(database(), { task: 'Orders', id: first, payload, by: 'test' });

  expect(await replay(task, api)).toMatchObject({ written: 1, refused: [{ code: 'answer' }, { code: 'answer' }] });
  expect([api.ids.toSorted(), await account()]).toEqual([[1, 2, 3, 6], { written: 4, quarantined: 2 }]);
  api.refusing = [];
  expect(await replay(task, api)).toMatchObject({ written: 2, refused: [] });
  expect([api.ids.toSorted(), await held(), await account()]).toEqual([
    [1, 2, 3, 4, 5, 6],
    [],
    { written: 6, quarantined: 0 },
  ]);
});

test('killed before or behind any call, nothing is lost, and what is sent again has the same key', async () => {
  const api = new Api();
  const task = await consumed(api);
  const [columns] = await mysql.run('SELECT COUNT(*) AS n FROM causeway.quarantine');
  expect(Number(columns?.['n'])).toBe(3);
  await mysql.run('CREATE TABLE IF NOT EXISTS kept_quarantine AS SELECT * FROM causeway.quarantine');
  await mysql.run('CREATE TABLE IF NOT EXISTS kept_position AS SELECT * FROM causeway.position');
  for (let step = 1; ; step += 2) {
    await mysql.run('DELETE FROM causeway.quarantine');
    await mysql.run('INSERT INTO causeway.quarantine SELECT * FROM kept_quarantine');
    await mysql.run('UPDATE causeway.position SET Written = 3, Quarantined = 3');
    const again = new Api();
    again.refusing = [];
    const dying = mortal(side.mysql(), step);
    await replay(task, again, { platform: dying.platform() as ReturnType<typeof database> }).catch(() => undefined);
    await replay(task, again);

    const keys = Map.groupBy(again.taken, ({ id }) => id);
    expect({ step, ids: [...keys.keys()].toSorted(), held: await held(), account: await account() }).toEqual({
      step,
      ids: [2, 4, 5],
      held: [],
      account: { written: 6, quarantined: 0 },
    });
    for (const sent of keys.values()) {
      expect(new Set(sent.map(({ key }) => key)).size).toBe(1);
    }
    if (dying.steps() < step) {
      break;
    }
  }
  await mysql.run('DROP TABLE kept_quarantine, kept_position');
}, 60_000);

test('where the time is over the next call goes on, and an API that is away says so', async () => {
  const api = new Api();
  const task = await consumed(api, { ...HTTP, batch: { size: 1 } });
  api.refusing = [];
  const [, second] = await held();

  const answer = await replay(task, api, { isOver: () => true });
  expect(answer).toMatchObject({ written: 1, next: Number(second?.[0]) - 1 });
  api.isAway = true;
  await expect(replay(task, api)).rejects.toThrow('nobody is there');
  expect((await held()).length).toBe(2);
});

test('what replaces what an API has is replayed only when that is wanted', async () => {
  const api = new Api();
  const task = await consumed(api, { ...HTTP, method: 'PUT' });

  await expect(replay(task, api)).rejects.toThrow('--overwrite');
});

test('rows of a scheduled task that an API refused are sent after all', async () => {
  const api = new Api();
  const task = { ...scheduledTask({ table: 'source' }, {}), target: HTTP };
  const outlet = httpOutlet(task, HTTP, api.ports);
  await mysql.run(`INSERT INTO causeway.quarantine (Task, Epoch, Shard, Seq, PartitionKey, TraceId, Code, Reason, MappingVersion, Body, Origin, QuarantinedAt)
    VALUES ('Copy', 1, 'source', REPEAT('a', 64), 'id=2', '20261124T080000000Z-0001', 'answer', 'no', '0', '{"id":2,"name":"good now"}', '{"key":"2"}', NOW(3))`);
  const session = platformSessions('Copy', database, 'replay')();
  const way = outletRunReplay({
    ...{ task, target: HTTP, outlet, isOver: () => false, platform: () => session, run: '20261124T090000000Z-0002' },
    fields: [
      { name: 'id', type: 'integer', path: ['id'] },
      { name: 'name', type: 'string', path: ['name'] },
    ],
    ...{ pause: async () => undefined, random: () => 0.5 },
  });

  expect(await replayHeld(database(), way, {})).toMatchObject({ written: 1, refused: [] });
  expect(api.ids).toEqual([2]);
  expect(await mysql.run('SELECT COUNT(*) AS n FROM causeway.quarantine')).toEqual([{ n: 0 }]);
  expect(await mysql.run("SELECT RowsWritten AS n FROM causeway.run WHERE Cause = 'replay'")).toEqual([{ n: 1 }]);
});

test('into a topic: what had no key has one now, and is a message under a trace id that stays', async () => {
  const target: TopicTarget = {
    ...{ kind: 'topic', topic: 'Names', app: 'Shop', partitionKey: 'device', filterFields: [], keys: ['name'] },
  };
  const task: OutletTask = { ...TASK, target };
  const sent: { readonly key: string; readonly traceId: string }[] = [];
  let dies = false;
  const outlet = topicOutlet(outletRun(task), target, {
    async put(entries) {
      sent.push(...entries.map(({ key, data }) => ({ key, traceId: JSON.parse(data.toString('utf8')).traceId })));
      if (dies) {
        throw new Error('killed behind what it sent');
      }

      return entries.map(() => ({ shard: SHARD, sequenceNumber: '1' }));
    },
    ...{ pause: async () => undefined, random: () => 0.5, now: () => 1000, newId: () => 'new' },
  });
  const consume = outletConsumer(task, undefined, { outlet: () => outlet as never });
  await consume(SHARD, [order({ n: 1, id: 1, name: null }), order({ n: 2, id: 2, name: 'b' })], {
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:deliver',
    getRemainingTimeInMillis: () => 60_000,
  });
  expect([sent.length, await account()]).toEqual([1, { written: 1, quarantined: 1 }]);
  const [[id]] = (await held()) as [[number, number]];
  const payload = Buffer.from(JSON.stringify({ id: 1, name: 'a' })).toString('base64');
  await correctRejected(database(), { task: 'Orders', id, payload, by: 'test' });
  const again = () =>
    replayHeld(
      database(),
      outletTaskReplay({
        ...{ platform: database(), task, outlet, isOver: () => false, clientIdOf: () => '' },
        read: (some, plan) => readRecords(some, plan),
        planOf: (scope) => planOutlet(task, outlet, scope),
      }),
      {},
    );

  dies = true;
  await expect(again()).rejects.toThrow('killed');
  dies = false;
  expect(await again()).toMatchObject({ written: 1, refused: [] });

  const [, first, second] = sent;
  expect([first, second]).toEqual([{ key: 'a', traceId: expect.any(String) }, first]);
  expect([await held(), await account()]).toEqual([[], { written: 2, quarantined: 0 }]);
});
