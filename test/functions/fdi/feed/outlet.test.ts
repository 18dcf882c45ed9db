import { beforeEach, expect, test } from '@jest/globals';
import type { OutletTask } from '../../../../core/fdi/feed-task.ts';
import { outletRun } from '../../../../core/fdi/outlet-plan.ts';
import type { StreamRecord } from '../../../../core/fdi/row.ts';
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
  const consume = outletConsumer(task, undefined, {
    outlet: () => topicOutlet(outletRun(task), task.target as TopicTarget, ports) as never,
    ...(platform && { platform }),
  });
  const context = {
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:deliver',
    getRemainingTimeInMillis: () => 60_000,
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
