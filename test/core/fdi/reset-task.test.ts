import { expect, test } from '@jest/globals';
import { consumerViews } from '../../../core/fdi/consumer-view.ts';
import { startTask } from '../../../core/fdi/control-task.ts';
import { planReset, type ResetTarget, resetTask } from '../../../core/fdi/reset-task.ts';
import type { TaskEntry } from '../../../core/fdi/task-entry.ts';
import type { TopicPlace, TopicRecord } from '../../../core/fdi/topic-reader.ts';
import { paddedSequence } from '../../../core/mqs/sequence-number.ts';
import { NOW, TaskPorts } from '../../functions/fdi/task-ports.ts';

const SETTINGS = {
  functionArn: 'arn:aws:lambda:eu-west-1:1:function:consumer',
  streamArn: 'arn:aws:kinesis:eu-west-1:1:stream/events',
  startingPosition: 'earliest',
  batchSize: 100,
  batchingWindowSeconds: 0,
} as const;
const SHARD = 'shardId-000000000000';
/** Ten messages, one a minute, the last a minute ago. */
const RECORDS: TopicRecord[] = Array.from({ length: 10 }, (_, at) => ({
  sequence: paddedSequence(String(at + 1)),
  arrivedAt: NOW.getTime() - (10 - at) * 60_000,
}));

async function world(written: number, { started = true } = {}) {
  const ports = new TaskPorts();
  ports.declare('History', { settings: SETTINGS });
  await startTask({ ...ports, now: ports.now }, entry(ports));
  if (!started) await ports.sources.setEnabled('mapping-1', false);
  const position = { shard: SHARD, seq: written === 0 ? '' : paddedSequence(String(written)) };
  ports.answers = [
    ['causeway.position', [{ ...position, written, quarantined: 0, startedAt: '2026-11-01 07:00:00.000' }]],
  ];
  const topics = {
    shards: async () => [SHARD],
    pages: (_: string, __: string, from: TopicPlace, limit: number) => pages(from, limit),
  };

  return { ports, controls: { ...ports, now: ports.now }, topics };
}

async function* pages(from: TopicPlace, limit: number): AsyncGenerator<readonly TopicRecord[]> {
  const found = RECORDS.filter(({ sequence, arrivedAt }) =>
    from === 'oldest' ? true : 'at' in from ? arrivedAt >= from.at : sequence > paddedSequence(from.after),
  );
  yield [];
  for (let at = 0; at < found.length; at += limit) yield found.slice(at, at + limit);
}

function entry(ports: TaskPorts): TaskEntry {
  return ports.tasks.get('History') as TaskEntry;
}

const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);

test.each<[string, ResetTarget, number, number, number]>([
  ['earliest, all written', 'earliest', 10, 10, 0],
  ['earliest, some written', 'earliest', 4, 4, 0],
  ['earliest, nothing written', 'earliest', 0, 0, 0],
  ['latest, all written', 'latest', 10, 0, 0],
  ['latest, some written', 'latest', 4, 0, 6],
  ['latest, nothing written', 'latest', 0, 0, 10],
  ['a time before the position', minutesAgo(5), 8, 3, 0],
  ['a time behind the position', minutesAgo(5), 3, 0, 2],
  ['the first message that is not written', minutesAgo(7), 3, 0, 0],
])('what is written again and left out is counted: %s', async (_, target, written, again, skipped) => {
  const { ports, controls, topics } = await world(written);

  const plan = await planReset({ controls, database: ports.database, topics }, entry(ports), target);

  expect(plan).toMatchObject({
    epoch: 2,
    state: 'started',
    again: { messages: again },
    skipped: { messages: skipped },
  });
});

test('a reset task reads through another mapping, in an epoch of its own, and goes on in it', async () => {
  const { ports, controls, topics } = await world(4);
  const plan = await planReset({ controls, database: ports.database, topics }, entry(ports), 'earliest');
  await resetTask({ controls, database: ports.database, topics }, entry(ports), 'earliest', {
    plan,
    by: 'me',
    remainingMs: () => 9999,
  });

  expect(ports.epochs).toEqual([`${SETTINGS.functionArn}:epoch-2`]);
  expect([...ports.mappings.values()]).toMatchObject([
    { startAt: 'oldest', enabled: true, settings: { functionArn: `${SETTINGS.functionArn}:epoch-2` } },
  ]);
  expect(entry(ports)).toMatchObject({
    epoch: 2,
    settings: SETTINGS,
    reset: { at: NOW.toISOString(), by: 'me', to: 'earliest', again: 4, skipped: 0 },
  });
  expect(entry(ports)).not.toHaveProperty('startFrom');
});

test('a stopped task stays stopped and begins there when it is started', async () => {
  const { ports, controls, topics } = await world(4, { started: false });
  const plan = await planReset({ controls, database: ports.database, topics }, entry(ports), 'latest');
  await resetTask({ controls, database: ports.database, topics }, entry(ports), 'latest', {
    plan,
    by: 'me',
    remainingMs: () => 9999,
  });
  expect([plan.state, ports.mappings.size]).toEqual(['stopped', 0]);

  await startTask(controls, entry(ports));

  expect([...ports.mappings.values()]).toMatchObject([
    { startAt: NOW, settings: { functionArn: `${SETTINGS.functionArn}:epoch-2` } },
  ]);
});

test('of a task with lanes the new epoch has positions per key from its beginning', async () => {
  const { ports, controls, topics } = await world(4);
  ports.declare('History', { ...entry(ports), settings: { ...SETTINGS, parallelization: 10 } });
  const opened = () => ports.statements.filter(({ sql }) => sql.includes('KeyedAt = COALESCE'));
  ports.onCreate = () => expect(opened()).toHaveLength(1);
  const plan = await planReset({ controls, database: ports.database, topics }, entry(ports), 'earliest');
  await resetTask({ controls, database: ports.database, topics }, entry(ports), 'earliest', {
    ...{ plan, by: 'me', remainingMs: () => 9999 },
  });

  expect(opened().map(({ values }) => values)).toEqual([['History', 2, SHARD]]);
});

test('a task that was never deployed completely is refused', async () => {
  const { ports, controls, topics } = await world(0);
  ports.declare('New');

  const planned = planReset(
    { controls, database: ports.database, topics },
    ports.tasks.get('New') as TaskEntry,
    'latest',
  );

  await expect(planned).rejects.toMatchObject({ code: 'CAUSEWAY.0412' });
});

test('a consumer view counts what is not written, how old the first of it is, and what is written meanwhile', async () => {
  const { ports, controls, topics } = await world(7);
  let now = NOW.getTime();
  const wait = async (milliseconds: number) => {
    now += milliseconds;
    ports.answers = [
      ['causeway.position', [{ shard: SHARD, seq: paddedSequence('9'), written: 10, quarantined: 3, startedAt: 'x' }]],
    ];
  };

  const [view] = await consumerViews(
    { sources: controls.sources, database: ports.database, topics, now: () => now, wait },
    [entry(ports)],
  );

  expect(view).toEqual({
    ...{ task: 'History', state: 'started', epoch: 1, backlog: 3, more: false, oldestMs: 3 * 60_000, rate: 2 },
    partitions: [{ partition: SHARD, backlog: 3, more: false, oldestMs: 3 * 60_000, rate: 2, sequenceNumber: '7' }],
  });
});
