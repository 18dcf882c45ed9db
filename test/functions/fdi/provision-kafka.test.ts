import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startTaskFrom, stopTask } from '../../../core/fdi/control-task.ts';
import { type KafkaLedgerPorts, kafkaEntry } from '../../../core/fdi/kafka-account.ts';
import type { KafkaFeed } from '../../../core/fdi/kafka-feed.ts';
import type { TaskEntry } from '../../../core/fdi/task-entry.ts';
import { type TaskProperties, taskResource } from '../../../functions/fdi/provision-task.ts';
import { CloudFormation } from '../shared/cloud-formation.ts';
import { logLines } from '../shared/log-lines.ts';
import { KAFKA_TASK } from './kafka-batches.ts';
import { NOW, TaskPorts } from './task-ports.ts';

const cloudFormation = new CloudFormation();
logLines();
let ports: TaskPorts;
const handler = taskResource(() => ports);

const text = (name: string, length: number) => ({
  ...{ name, type: 'varchar', fullType: `varchar(${length})`, nullable: 'NO', length },
  ...{ charset: 'utf8mb4', collation: 'utf8mb4_bin' },
});
const COLUMNS = [
  ...[text('DeviceId', 64), text('Status', 16), text('Seq', 64), text('BatchNo', 32)],
  { name: 'EventTime', type: 'datetime', fullType: 'datetime(3)', nullable: 'NO', fractionDigits: 3 },
];
const FEED: KafkaFeed = {
  topic: 'rows',
  brokers: ['kafka-1:9092', 'kafka-2:9092'],
  access: [{ type: 'SASL_SCRAM_512_AUTH', uri: 'arn:aws:secretsmanager:x' }],
  group: 'causeway.production.KafkaHistory',
  pollers: { min: 1, max: 10 },
};
const propertiesOf = (feed: KafkaFeed, changes: Partial<TaskProperties> = {}): TaskProperties => ({
  Task: 'KafkaHistory',
  FunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:consumer',
  StreamArn: 'kafka:Orders:rows',
  Kafka: JSON.stringify(feed),
  StartingPosition: 'latest',
  BatchSize: '1000',
  BatchingWindowSeconds: '0',
  Started: 'true',
  Definition: JSON.stringify(KAFKA_TASK),
  ...changes,
});

beforeAll(() => cloudFormation.start());
afterAll(() => cloudFormation.stop());
beforeEach(() => {
  ports = new TaskPorts();
  ports.declare('KafkaHistory', { topic: 'rows' });
  ports.answers = [['information_schema.COLUMNS', COLUMNS]];
});

const create = (changes: Partial<TaskProperties> = {}) =>
  cloudFormation.send(handler, cloudFormation.event('Create', { ...propertiesOf(FEED, changes) }));
const update = (feed: KafkaFeed, changes: Partial<TaskProperties> = {}) =>
  cloudFormation.send(
    handler,
    cloudFormation.event(
      'Update',
      { ...propertiesOf(feed, changes) },
      { OldResourceProperties: { ...propertiesOf(FEED) } },
    ),
  );
const entry = () => ports.tasks.get('KafkaHistory') as TaskEntry;
const onlyMapping = () => {
  expect(ports.mappings.size).toBe(1);

  return [...ports.mappings.values()][0];
};

test('a task that is started gets its mapping; latest is the moment of the start, in its own group', async () => {
  expect(await create()).toMatchObject({ Status: 'SUCCESS' });

  expect(onlyMapping()).toMatchObject({ startAt: NOW, settings: { kafka: FEED, streamArn: 'kafka:Orders:rows' } });
  expect(entry()).toMatchObject({ group: FEED.group, wanted: 'started' });
});

test('a login or pollers that change do so in the mapping there is', async () => {
  await create();
  const changed = { ...FEED, access: [], pollers: { min: 2, max: 20 } };

  expect(await update(changed)).toMatchObject({ Status: 'SUCCESS' });

  expect([...ports.mappings]).toEqual([['mapping-1', expect.objectContaining({ enabled: true })]]);
  expect(onlyMapping()?.settings.kafka).toEqual(changed);
});

test('other brokers of the cluster mean another mapping, which reads on in the same group', async () => {
  await create();
  const moved = { ...FEED, brokers: ['kafka-3:9092'] };

  expect(await update(moved)).toMatchObject({ Status: 'SUCCESS' });

  expect(entry().eventSource).toBe('mapping-2');
  expect(onlyMapping()?.settings.kafka).toEqual(moved);
});

test('a task that is stopped stays stopped when its brokers change', async () => {
  await create();
  await stopTask(ports, entry());

  await update({ ...FEED, brokers: ['kafka-3:9092'] });

  expect(ports.mappings.size).toBe(0);
  expect(entry()).toMatchObject({ wanted: 'stopped' });
});

test('who is set back gets another group, and keeps it when brokers change later', async () => {
  await create();
  const from = new Date('2026-10-31T00:00:00Z');

  await startTaskFrom(ports, entry(), from, () => 60_000);

  const group = `${FEED.group}.${NOW.getTime()}`;
  expect(onlyMapping()).toMatchObject({ startAt: from, settings: { kafka: { group } } });
  await update({ ...FEED, brokers: ['kafka-3:9092'] });
  expect(onlyMapping()?.settings.kafka).toMatchObject({ brokers: ['kafka-3:9092'], group });
});

test('who is set back is invoked by the name of its epoch, also where its function becomes another one', async () => {
  await create();
  ports.tasks.set('KafkaHistory', { ...entry(), epoch: 2 });
  const other = 'arn:aws:lambda:us-east-1:000000000000:function:other';

  expect(await update(FEED, { FunctionArn: other })).toMatchObject({ Status: 'SUCCESS' });

  expect(ports.epochs).toContain(`${other}:epoch-2`);
});

test('a new task of the name of one that read the same topic is let to it', async () => {
  ports.answers = [...ports.answers, ['causeway.ledger', [{ stream: 'rows', positions: 3 }]]];

  expect(await create()).toMatchObject({ Status: 'SUCCESS' });
});

test('a task that has read one topic is not let to another: its positions do not hold there', async () => {
  await create();

  expect(await update({ ...FEED, topic: 'other' }, { StreamArn: 'kafka:Orders:other' })).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringMatching(/kafka:Orders:rows, which a task of this name has read/),
  });
});

test('a task whose mapping is gone, switched off or cannot read is dead, and says why; one that is stopped is not', async () => {
  await create();
  const deathWith = async (problem?: string, enabled = true) => {
    const find = async () => ({
      ...{ id: 'mapping-1', enabled, streamArn: '', startAt: NOW },
      ...(problem !== undefined && { problem }),
    });

    return (await kafkaEntry(ledgerPorts({ find }), entry(), undefined)).dead;
  };

  expect(await deathWith()).toBeUndefined();
  expect(await deathWith('PROBLEM: Connection error.')).toBe('PROBLEM: Connection error.');
  expect(await deathWith(undefined, false)).toMatch(/disabled, and nobody stopped/);
  expect((await kafkaEntry(ledgerPorts({ find: async () => undefined }), entry(), undefined)).dead).toMatch(/gone/);
  await stopTask(ports, entry());
  expect(await deathWith('PROBLEM', false)).toBeUndefined();
});

/** Of a task that has written nothing. */
function ledgerPorts(sources: KafkaLedgerPorts['sources']): KafkaLedgerPorts {
  return {
    sources,
    database: { execute: async () => ({ updated: 0, rows: [] }) },
    activity: async () => ({ lag: undefined, isCalled: false }),
    now: () => NOW.getTime(),
  };
}
