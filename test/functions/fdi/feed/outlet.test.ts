import { beforeEach, expect, test } from '@jest/globals';
import type { OutletTask } from '../../../../core/fdi/feed-task.ts';
import { outletRun } from '../../../../core/fdi/outlet-plan.ts';
import type { StreamRecord } from '../../../../core/fdi/row.ts';
import type { HttpSendPorts, OutgoingRequest } from '../../../../core/fdi/run-http-send.ts';
import { type HttpTarget, httpOutlet } from '../../../../core/fdi/run-http-target.ts';
import { type TopicTarget, topicOutlet } from '../../../../core/fdi/run-topic-target.ts';
import type { TaskDatabase } from '../../../../core/fdi/shard-writer.ts';
import type { PutOutcome, TopicEntry } from '../../../../core/mqs/produce-messages.ts';
import { outletConsumer } from '../../../../functions/shared/outlet-consumer.ts';
import { seededRandom } from '../../../faults/random.ts';
import { SHARD } from '../records.ts';
import { databases } from '../scheduled/databases.ts';
import { order } from './feeds.ts';
import { mortal } from './mortal.ts';

const { mysql, side } = databases();

beforeEach(async () => {
  await mysql.run('DELETE FROM causeway.position');
  await mysql.run('DELETE FROM causeway.quarantine');
});

function outletTask(target: Partial<TopicTarget> = {}, rest: Partial<OutletTask> = {}): OutletTask {
  return {
    name: 'Alarms',
    source: {
      ...{ topic: 'Orders', parse: true, dataType: 'JSON', timeZone: 'UTC', base64: false, deviceInfo: true },
      metadata: [
        { alias: 'id', type: 'integer', path: 'data.id' },
        { alias: 'name', type: 'string', path: 'data.name' },
        { alias: 'at', type: 'datetime', path: 'eventTime' },
      ],
    },
    target: {
      kind: 'topic',
      topic: 'Alarms',
      app: 'Shop',
      partitionKey: 'device',
      filterFields: [],
      keys: [],
      ...target,
    },
    mapping: 'by-name',
    delivery: 'at-least-once',
    ...rest,
  };
}

/** What a topic has taken. */
class Topic {
  readonly taken: {
    readonly key: string;
    readonly traceId: string;
    readonly eventTime: number;
    readonly data: unknown;
  }[] = [];
  /** What becomes of the next calls. */
  readonly faults: ('away' | 'half')[] = [];

  readonly put = async (entries: readonly TopicEntry[]): Promise<readonly PutOutcome[]> => {
    const fault = this.faults.shift();

    return entries.map((entry, at) => {
      if (fault === 'away' || (fault === 'half' && at % 2 === 1)) {
        return { error: 'InternalFailure', message: 'not now' };
      }
      const { raw, traceId, eventTime } = JSON.parse(entry.data.toString('utf8'));
      const data = JSON.parse(Buffer.from(raw, 'base64').toString('utf8'));
      this.taken.push({ key: entry.key, traceId, eventTime, data });

      return { shard: SHARD, sequenceNumber: String(this.taken.length) };
    });
  };
}

function sending(task: OutletTask, topic: Topic, platform?: () => TaskDatabase) {
  const ports = {
    put: topic.put,
    pause: async () => undefined,
    random: () => 0.5,
    now: () => 1000,
    newId: () => 'new',
  };

  return consuming(task, topicOutlet(outletRun(task), task.target as TopicTarget, ports), {
    ...(platform && { platform }),
  });
}

interface Consuming {
  readonly platform?: () => TaskDatabase;
  readonly remainingMs?: number;
}

function consuming(task: OutletTask, outlet: object, { platform, remainingMs = 60_000 }: Consuming = {}) {
  const consume = outletConsumer(task, undefined, { outlet: () => outlet as never, ...(platform && { platform }) });
  const context = {
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:deliver',
    getRemainingTimeInMillis: () => remainingMs,
  };

  return (records: readonly StreamRecord[]) => consume(SHARD, records, context);
}

async function account(): Promise<unknown> {
  const [row] = await mysql.run(
    'SELECT Seq + 0 AS seq, Written AS written, Quarantined AS quarantined FROM causeway.position',
  );

  return row && { ...row, seq: Number(row['seq']) };
}

const records = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => order({ n: from + at, id: (from + at) % 5 === 0 ? 'x' : from + at }));
const ids = (topic: Topic) => topic.taken.map(({ data }) => (data as { id: number }).id);

test('what a message says becomes a message of the task’s app, under the key of the one it came from', async () => {
  const topic = new Topic();
  const task = outletTask(
    { eventTimeColumn: 'when' },
    {
      mapping: [
        { column: 'no', from: 'id' },
        { column: 'when', from: 'at' },
        { column: 'source', constant: 'lot-7' },
      ],
    },
  );

  expect(
    await sending(task, topic)([order({ n: 1, id: 12_345_678_901_234_567_890n.toString() }), order({ n: 2, id: 7 })]),
  ).toBeUndefined();

  const when = '2026-11-01T08:00:00.001Z';
  expect(topic.taken[0]).toEqual({
    key: 'S-001',
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    eventTime: Date.parse(when),
    data: { no: Number('12345678901234567890'), when, source: 'lot-7' },
  });
  expect(topic.taken[1]?.data).toMatchObject({ no: 7 });
  expect(await account()).toEqual({ seq: 2, written: 2, quarantined: 0 });
});

test('bad messages are in the quarantine, the others are sent in their order, and none again when the batch comes again', async () => {
  const topic = new Topic();
  const send = sending(outletTask(), topic);

  await send(records(1, 13));
  await send(records(8, 13));
  await sending(outletTask(), topic)(records(1, 15));

  expect(ids(topic)).toEqual([1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14]);
  expect(await mysql.run('SELECT Seq + 0 AS seq, Code AS code FROM causeway.quarantine ORDER BY Seq')).toEqual([
    { seq: 5, code: 'type' },
    { seq: 10, code: 'type' },
  ]);
  expect(await account()).toEqual({ seq: 14, written: 12, quarantined: 2 });
});

test('a topic that takes some and not others, or nothing for a while, gets each message once and in its order', async () => {
  const topic = new Topic();
  topic.faults.push('half', 'away', 'half', 'away');
  const send = sending(outletTask({ keys: ['id'] }), topic);

  expect(await send(records(1, 13))).toBeUndefined();
  topic.faults.push(...Array(40).fill('away'));
  expect(await send(records(13, 15))).toBe('13');
  topic.faults.length = 0;
  expect(await send(records(13, 15))).toBeUndefined();

  expect(ids(topic).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14]);
});

test('processes that die at any call send nothing out of order, and again only what has the id of the first time', async () => {
  const random = seededRandom(11);
  const topic = new Topic();
  const task = outletTask();
  let next = 1;
  let deaths = 0;
  for (let tries = 0; next <= 60 && tries < 500; tries += 1) {
    const to = Math.min(61, next + 1 + Math.floor(random() * 8));
    const { platform } = mortal(side.mysql(), 1 + Math.floor(random() * 14));
    const answer = await sending(task, topic, platform)(records(next, to));
    deaths += answer === undefined ? 0 : 1;
    next = answer === undefined ? to : Number(answer);
  }

  expect(deaths).toBeGreaterThan(5);
  const good = Array.from({ length: 60 }, (_, at) => at + 1).filter((n) => n % 5 !== 0);
  const byId = Map.groupBy(topic.taken, ({ traceId }) => traceId);
  expect([...byId.values()].map(([first]) => first?.data)).toMatchObject(good.map((id) => ({ id })));
  expect(topic.taken.length).toBeGreaterThan(good.length);
  expect(await account()).toEqual({ seq: 60, written: 48, quarantined: 12 });
  expect(await mysql.run('SELECT COUNT(*) AS n FROM causeway.quarantine')).toEqual([{ n: 12 }]);
});

test('a key or a time that no member has is refused by name', async () => {
  const refused = (target: Partial<TopicTarget>) => sending(outletTask(target), new Topic())(records(1, 2));

  expect(await refused({ keys: ['nothing'] })).toBe('1');
  expect(await refused({ eventTimeColumn: 'nothing' })).toBe('1');
});

const API: HttpTarget = {
  ...{ kind: 'http', place: 'erp.example.com', method: 'POST', path: '/orders/{id}', headers: {} },
  ...{ auth: { kind: 'none' }, hasBody: true, success: [[200, 299]], idempotencyHeader: 'Idempotency-Key' },
  timeoutSeconds: 30,
};

function apiTask(target: Partial<HttpTarget> = {}): OutletTask {
  return { ...outletTask(), target: { ...API, ...target } };
}

function asking(task: OutletTask, ask: HttpSendPorts['ask'], options: Consuming = {}) {
  const ports = { ask, pause: async () => undefined, random: () => 0.5, now: () => performance.now() };

  return consuming(task, httpOutlet(outletRun(task), task.target as HttpTarget, ports), options);
}

test('an API is told of each message in its order; what it refuses is quarantined with its answer, and stops none of the others', async () => {
  const asked: OutgoingRequest[] = [];
  const send = asking(apiTask(), async (request) => {
    asked.push(request);

    return request.path === '/orders/7'
      ? { status: 422, headers: {}, text: 'no such customer' }
      : { status: 201, headers: {}, text: '' };
  });

  expect(await send(records(1, 10))).toBeUndefined();

  expect(asked.map(({ path }) => path).filter((path) => path !== '/orders/7')).toEqual(
    [1, 2, 3, 4, 6, 8, 9].map((id) => `/orders/${id}`),
  );
  expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({ id: 1, name: 'order 1', at: '2026-11-01T08:00:00.001Z' });
  const keys = asked.map(({ headers }) => headers['idempotency-key'] ?? headers['Idempotency-Key']);
  expect(new Set(keys).size).toBe(8);
  expect(
    await mysql.run('SELECT Seq + 0 AS seq, Code AS code, Reason AS reason FROM causeway.quarantine ORDER BY Seq'),
  ).toEqual([
    { seq: 5, code: 'type', reason: expect.any(String) },
    { seq: 7, code: 'answer', reason: expect.stringContaining('no such customer') },
  ]);
  expect(await account()).toEqual({ seq: 9, written: 7, quarantined: 2 });
});

test('an API that is slow gets as many as the invocation has time for; the next one goes on behind them', async () => {
  const asked: string[] = [];
  const slow: HttpSendPorts['ask'] = async ({ path }) => {
    asked.push(path);
    await new Promise((resolve) => setTimeout(resolve, 60));

    return { status: 200, headers: {}, text: '' };
  };
  const all = records(1, 40).filter(({ kinesis }) => Number(kinesis.sequenceNumber) % 5 !== 0);
  let left: readonly StreamRecord[] = all;
  let invocations = 0;
  for (; left.length > 0 && invocations < 20; invocations += 1) {
    const unwritten = await asking(apiTask(), slow, { remainingMs: 1600 })(left);
    left =
      unwritten === undefined ? [] : left.slice(left.findIndex(({ kinesis }) => kinesis.sequenceNumber === unwritten));
  }

  expect(invocations).toBeGreaterThan(1);
  expect([...new Set(asked)]).toEqual(all.map(({ kinesis }) => `/orders/${kinesis.sequenceNumber}`));
  // Beside them what was under way when the time was over: of each invocation, at most a second's worth.
  expect(asked.length).toBeLessThan(all.length * 3);
  expect(await account()).toEqual({ seq: 39, written: 32, quarantined: 0 });
});

test('an API that is away stops nothing but its task, and loses nothing', async () => {
  let isAway = true;
  const asked: string[] = [];
  const send = asking(apiTask({ batch: { size: 4 }, path: '/orders' }), async ({ body = '' }) => {
    if (isAway) {
      return { problem: 'ECONNREFUSED', kind: 'passing' };
    }
    asked.push(...(JSON.parse(body) as { id: number }[]).map(({ id }) => String(id)));

    return { status: 200, headers: {}, text: '' };
  });

  expect(await send(records(1, 10))).toBe('1');
  isAway = false;
  expect(await send(records(1, 10))).toBeUndefined();

  expect(asked).toEqual(['1', '2', '3', '4', '6', '7', '8', '9']);
  expect(await account()).toEqual({ seq: 9, written: 8, quarantined: 1 });
});
