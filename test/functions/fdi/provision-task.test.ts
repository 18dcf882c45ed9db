import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startTask } from '../../../core/fdi/control-task.ts';
import type { TaskEntry } from '../../../core/fdi/task-entry.ts';
import { type TaskProperties, taskResource } from '../../../functions/fdi/provision-task.ts';
import { CloudFormation } from '../shared/cloud-formation.ts';
import { logLines } from '../shared/log-lines.ts';
import { HISTORY_TASK, SPACES_TASK } from './parking.ts';
import { NOW, TaskPorts } from './task-ports.ts';

const cloudFormation = new CloudFormation();
logLines();
let ports: TaskPorts;
const handler = taskResource(() => ports);

const text = (name: string, length: number) => ({
  name,
  type: 'varchar',
  fullType: `varchar(${length})`,
  nullable: 'NO',
  length,
  charset: 'utf8mb4',
  collation: 'utf8mb4_bin',
});
const COLUMNS = [
  text('DeviceId', 64),
  text('Status', 16),
  { name: 'EventTime', type: 'datetime', fullType: 'datetime(3)', nullable: 'NO', fractionDigits: 3 },
  text('Seq', 64),
  text('BatchNo', 32),
];
const PROPERTIES = {
  Task: 'ParkingHistory',
  FunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:consumer',
  StreamArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/ParkingEvents',
  StartingPosition: 'earliest',
  BatchSize: '1000',
  BatchingWindowSeconds: '0',
  Started: 'true',
  Definition: JSON.stringify(HISTORY_TASK),
} satisfies TaskProperties;

beforeAll(() => cloudFormation.start());
afterAll(() => cloudFormation.stop());
beforeEach(() => {
  ports = new TaskPorts();
  ports.declare('ParkingHistory');
  ports.answers = [
    ['information_schema.COLUMNS', COLUMNS],
    ['information_schema.STATISTICS', [{ name: 'PRIMARY', columnName: 'DeviceId' }]],
  ];
});

const create = (changes: Partial<TaskProperties> = {}) =>
  cloudFormation.send(handler, cloudFormation.event('Create', { ...PROPERTIES, ...changes }));
const update = (changes: Partial<TaskProperties>) =>
  cloudFormation.send(
    handler,
    cloudFormation.event('Update', { ...PROPERTIES, ...changes }, { OldResourceProperties: { ...PROPERTIES } }),
  );
const remove = () => cloudFormation.send(handler, cloudFormation.event('Delete', PROPERTIES));

test('a task that is started gets its mapping, from the oldest message', async () => {
  expect(await create()).toMatchObject({ Status: 'SUCCESS' });

  const settings = {
    functionArn: PROPERTIES.FunctionArn,
    streamArn: PROPERTIES.StreamArn,
    startingPosition: 'earliest',
    batchSize: 1000,
    batchingWindowSeconds: 0,
  };
  expect([...ports.mappings]).toEqual([['mapping-1', { settings, startAt: 'oldest', enabled: true }]]);
  expect(ports.tasks.get('ParkingHistory')).toMatchObject({ settings, eventSource: 'mapping-1' });
});

test('a mapping has as many lanes as the consumer is told of', async () => {
  await create({ Definition: JSON.stringify({ ...HISTORY_TASK, parallelization: 4 }) });
  expect([...ports.mappings.values()][0]).toMatchObject({ settings: { parallelization: 4 } });

  await update({ Definition: JSON.stringify({ ...HISTORY_TASK, parallelization: 10 }) });

  expect([...ports.mappings.values()]).toMatchObject([{ settings: { parallelization: 10 } }]);
});

const LANED = { Definition: JSON.stringify({ ...HISTORY_TASK, parallelization: 10 }) };
const opened = () =>
  ports.statements.filter(({ sql }) => sql.includes('KeyedAt = COALESCE')).map(({ values }) => values.slice(0, 3));

test.each(['true', 'false'])(
  'of a task with lanes every shard has positions per key before it is read: started %s',
  async (Started) => {
    ports.unwritten = { one: [], two: [] };
    ports.onCreate = () => expect(opened()).toHaveLength(2);

    expect(await create({ ...LANED, Started })).toMatchObject({ Status: 'SUCCESS' });

    expect(opened()).toEqual([
      ['ParkingHistory', 1, 'one'],
      ['ParkingHistory', 1, 'two'],
    ]);
    // What is there already is not made again: that would wait for every lane.
    ports.answers = [...ports.answers, ['AS found', [{ found: 13 }]]];
    await update({ ...LANED, BatchSize: '500' });
    expect(opened()).toHaveLength(2);
  },
);

test('a task that gets lanes has positions per key before its mapping has them, in its epoch; one that loses them keeps what it has', async () => {
  ports.unwritten = { one: [] };
  await create();
  await ports.entries.note('ParkingHistory', { epoch: 3 });
  expect(opened()).toEqual([]);
  ports.onUpdate = () => expect(opened()).toHaveLength(1);

  await update(LANED);

  expect(opened()).toEqual([['ParkingHistory', 3, 'one']]);
  await update({});
  expect(opened()).toHaveLength(1);
});

test('a task that writes at least once has no positions to be opened', async () => {
  ports.unwritten = { one: [] };
  ports.declare('ParkingHistory', { delivery: 'at-least-once' });
  await create(LANED);

  expect(opened()).toEqual([]);
});

test('latest is the moment of the start, not a position that moves', async () => {
  await create({ StartingPosition: 'latest' });

  expect([...ports.mappings.values()][0]).toMatchObject({ startAt: NOW });
});

test('a task that is not started waits with its settings', async () => {
  expect(await create({ Started: 'false' })).toMatchObject({ Status: 'SUCCESS' });

  expect(ports.mappings.size).toBe(0);
  expect(ports.tasks.get('ParkingHistory')).toMatchObject({ settings: { batchSize: 1000 } });
});

test.each<[string, Partial<TaskProperties>, string]>([
  [
    'more lanes than Lambda has',
    { Definition: JSON.stringify({ ...HISTORY_TASK, parallelization: 11 }) },
    'ParkingHistory: parallelization: received 11; allowed: a whole number from 1 to 10',
  ],
  ['a definition that is no JSON', { Definition: '{' }, 'Definition'],
  ['a task that cannot work', { Definition: JSON.stringify({ ...HISTORY_TASK, name: 'x' }) }, 'x: name'],
  [
    'a batch number that does not fit',
    {
      Definition: JSON.stringify({
        ...HISTORY_TASK,
        target: { ...HISTORY_TASK.target, batchNumberColumn: 'EventTime', eventTimeColumn: undefined },
      }),
    },
    'target.batchNumberColumn: received "EventTime (datetime, 0)"',
  ],
  [
    'keys that are no unique key',
    { Definition: JSON.stringify({ ...SPACES_TASK, target: { ...SPACES_TASK.target, keys: ['Status'] } }) },
    'the columns of a unique key of the table: DeviceId',
  ],
])('%s is refused by name, and nothing is made', async (_, changes, reason) => {
  const answer = await create(changes);

  expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining(reason) });
  expect(ports.mappings.size).toBe(0);
});

test('a table that is not there is refused by name', async () => {
  ports.answers = [];

  expect(await create()).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringContaining('target.table: received "ParkingHistory"'),
  });
});

test('a database that does not answer is said to be the reason', async () => {
  ports.answers = [
    ['information_schema', Object.assign(new Error('nobody there'), { name: 'DatabaseUnavailableException' })],
  ];

  expect(await create()).toMatchObject({
    Status: 'FAILED',
    Reason:
      'The task ParkingHistory cannot be checked against its table, because the database does not answer (DatabaseUnavailableException: nobody there). Deploy again when it does.',
  });
});

test.each([true, false])('an update changes how records are fetched, never whether: enabled %s', async (enabled) => {
  await create();
  await ports.sources.setEnabled('mapping-1', enabled);

  expect(await update({ BatchSize: '500', Started: String(!enabled) })).toMatchObject({ Status: 'SUCCESS' });

  expect([...ports.mappings.values()]).toMatchObject([{ settings: { batchSize: 500 }, enabled }]);
});

test('an update of a task that was never started does not start it', async () => {
  await create({ Started: 'false' });
  await update({ BatchSize: '500' });

  expect(ports.mappings.size).toBe(0);
  expect(ports.tasks.get('ParkingHistory')).toMatchObject({ settings: { batchSize: 500 } });
});

const OTHER_STREAM = 'arn:aws:kinesis:us-east-1:000000000000:stream/Other';

test.each([
  ['runs', true],
  ['is stopped', false],
] as const)(
  'a task that %s is not moved to another stream, whose messages its positions would pass over',
  async (_, enabled) => {
    await create();
    await ports.sources.setEnabled('mapping-1', enabled);
    const before = structuredClone([ports.tasks, ports.mappings]);

    expect(await update({ StreamArn: OTHER_STREAM })).toMatchObject({
      Status: 'FAILED',
      Reason:
        'ParkingHistory: stream of the topic: received "Other"; allowed: ParkingEvents, which a task of this name has read: its positions do not hold for another stream. To read another topic, give the task a new name (and construct id); the rows of the old one stay',
    });
    expect([ports.tasks, ports.mappings]).toEqual(before);
  },
);

test('a task that has read nothing yet may be given another topic', async () => {
  await create({ Started: 'false' });

  expect(await update({ StreamArn: OTHER_STREAM })).toMatchObject({ Status: 'SUCCESS' });
  expect(ports.tasks.get('ParkingHistory')).toMatchObject({ settings: { streamArn: OTHER_STREAM } });
});

test.each([
  ['another stream', 'Before', 3, 'FAILED'],
  ['its stream', 'ParkingEvents', 3, 'SUCCESS'],
  ['another stream, and handled nothing', 'Before', 0, 'SUCCESS'],
  ['a stream for less than a minute', null, 3, 'SUCCESS'],
])('a new task of the name of one that read %s', async (_, stream, positions, status) => {
  ports.answers = [...ports.answers, ['causeway.ledger', [{ stream, positions }]]];

  expect(await create()).toMatchObject({ Status: status });
  expect(ports.mappings.size).toBe(status === 'SUCCESS' ? 1 : 0);
});

const CONSUMER_ARN = `${PROPERTIES.StreamArn}/consumer/ParkingHistory:1790000000`;

test('another consumer of the same topic needs another mapping, which reads on before the first message that is not written', async () => {
  await create({ StartingPosition: 'latest' });
  const first = NOW.getTime() - 60_000;
  ports.unwritten = { idle: [], busy: [first, first + 500], other: [first + 200] };

  expect(await update({ ConsumerArn: CONSUMER_ARN, StartingPosition: 'latest' })).toMatchObject({ Status: 'SUCCESS' });

  expect([...ports.mappings]).toMatchObject([
    ['mapping-2', { settings: { consumerArn: CONSUMER_ARN }, startAt: new Date(first - 900_000), enabled: true }],
  ]);
  expect(ports.tasks.get('ParkingHistory')).not.toHaveProperty('startFrom');
});

test('when everything is written it reads on from a little before now', async () => {
  await create();
  ports.unwritten = { idle: [] };
  await update({ ConsumerArn: CONSUMER_ARN });

  expect([...ports.mappings.values()]).toMatchObject([{ startAt: new Date(NOW.getTime() - 900_000) }]);
});

test('a task that writes at least once reads on exactly there', async () => {
  ports.declare('ParkingHistory', { delivery: 'at-least-once' });
  await create();
  ports.unwritten = { busy: [NOW.getTime() - 5000] };
  await update({ ConsumerArn: CONSUMER_ARN });

  expect([...ports.mappings.values()]).toMatchObject([{ startAt: new Date(NOW.getTime() - 5000) }]);
});

test('a stopped task gets its new mapping when it is started, which misses nothing either', async () => {
  await create({ StartingPosition: 'latest' });
  await ports.sources.setEnabled('mapping-1', false);
  ports.unwritten = { busy: [NOW.getTime() - 3_600_000] };
  await update({ ConsumerArn: CONSUMER_ARN, StartingPosition: 'latest' });

  expect(ports.mappings.size).toBe(0);

  await startTask(ports, ports.tasks.get('ParkingHistory') as TaskEntry);

  expect([...ports.mappings.values()]).toMatchObject([
    { settings: { consumerArn: CONSUMER_ARN }, startAt: new Date(NOW.getTime() - 4_500_000) },
  ]);
});

test('a start that was asked for and did not happen may have been meant to begin earlier', async () => {
  await create();
  await ports.entries.note('ParkingHistory', { startFrom: '2026-10-31T00:00:00.000Z' });
  await update({ ConsumerArn: CONSUMER_ARN });

  expect([...ports.mappings.values()]).toMatchObject([{ startAt: new Date('2026-10-31T00:00:00.000Z') }]);
});

test('a task that was reset keeps its epoch, and what it left out stays left out', async () => {
  await create();
  const startAt = new Date(NOW.getTime() - 60_000);
  await ports.entries.note('ParkingHistory', { epoch: 2 });
  ports.mappings.set('mapping-1', {
    ...(ports.mappings.get('mapping-1') as NonNullable<ReturnType<typeof ports.mappings.get>>),
    startAt,
  });
  ports.unwritten = { idle: [], busy: [NOW.getTime() - 5000] };
  await update({ ConsumerArn: CONSUMER_ARN });

  expect(ports.epochs).toEqual([`${PROPERTIES.FunctionArn}:epoch-2`]);
  expect([...ports.mappings.values()]).toMatchObject([
    { startAt, settings: { functionArn: `${PROPERTIES.FunctionArn}:epoch-2`, consumerArn: CONSUMER_ARN } },
  ]);
  expect(ports.tasks.get('ParkingHistory')).toMatchObject({
    epoch: 2,
    settings: { functionArn: PROPERTIES.FunctionArn },
  });
});

test('another name is refused: it would be another task with another position', async () => {
  await create();

  expect(await update({ Task: 'Other' })).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringContaining('give a new task a new construct id'),
  });
});

test('a task that goes takes its mapping with it, and may be gone already', async () => {
  await create();

  expect(await remove()).toMatchObject({ Status: 'SUCCESS' });
  expect(ports.mappings.size).toBe(0);
  expect(ports.tasks.get('ParkingHistory')).not.toHaveProperty('eventSource');
  expect(await remove()).toMatchObject({ Status: 'SUCCESS' });
});
