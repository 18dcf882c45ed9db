import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { KinesisStreamRecord } from 'aws-lambda';
import type { TopicTask } from '../../../core/fdi/topic-task.ts';
import type { RollbackReply } from '../../../functions/shared/rollback-consumer.ts';
import { Consumer } from './consumer.ts';
import { parking, SPACES_TASK } from './parking.ts';
import { record } from './records.ts';

const LANES = 10;
const KEYS = 4;
const lot = parking();
const TASK: TopicTask = {
  ...SPACES_TASK,
  parallelization: LANES,
  target: { ...SPACES_TASK.target, rollbackSeconds: 3600 },
};
let lanes: Consumer[] = [];
let last = 0;

beforeEach(async () => {
  for (const table of ['before_image', 'image_shape', 'rollback_log']) {
    await lot.query(`DELETE FROM causeway.${table}`);
  }
  last = 0;
});

afterEach(async () => {
  await Promise.all(lanes.splice(0).map((lane) => lane.stop()));
});

/** Each an instance of its own. */
function start(count: number): void {
  lanes = Array.from({ length: count }, () => new Consumer(TASK, { ...lot.environment, CAUSEWAY_ENVIRONMENT: '' }));
}

/** The next message of a device, which is its key. */
function reading(deviceId: string, status: string): KinesisStreamRecord {
  last += 1;
  const made = record({ n: last, payload: { deviceId, status } });

  return { ...made, kinesis: { ...made.kinesis, partitionKey: deviceId } };
}

const devices = (lane: number) => Array.from({ length: KEYS }, (_, at) => `lane-${lane}-${at}`);
const batchOf = (lane: number, status: string) => devices(lane).map((device) => reading(device, status));

/** A batch of every lane at once. */
async function written(status: string): Promise<void> {
  const batches = lanes.map((_, lane) => batchOf(lane, status));
  const answers = await Promise.all(lanes.map((one, lane) => one.invoke({ records: batches[lane] ?? [] })));
  expect(new Set(answers)).toEqual(new Set(['']));
}

const table = () => lot.query('SELECT DeviceId, Status, BatchNo, Seq FROM ParkingData ORDER BY DeviceId');
const batches = async () => [...new Set((await table()).map(({ BatchNo }) => String(BatchNo)))];
const rollback = async (batch: string, by = lanes[0] as Consumer) =>
  ((await by.ask({ rollback: { batch, preview: false, by: 'test' } })) as RollbackReply & { answer: object }).answer;

test('batches that ten lanes wrote at once are undone one by one, down to what was before each', async () => {
  start(LANES);
  const states = [await table()];
  for (const status of ['0', '1']) {
    await written(status);
    states.push(await table());
  }
  expect(await batches()).toHaveLength(LANES);

  for (const state of states.slice(0, -1).reverse()) {
    const own = await batches();
    const answers = [];
    for (const batch of own) answers.push(await rollback(batch));
    expect(answers).toEqual(own.map(() => expect.objectContaining({ restored: expect.any(Number), left: 0 })));
    expect(await table()).toEqual(state);
  }
}, 60_000);

test("while a lane's batch is undone the others write on, and only its rows are as they were", async () => {
  start(4);
  await written('0');
  const before = await table();
  const isOfFirst = ({ DeviceId }: Readonly<Record<string, unknown>>) => devices(0).includes(String(DeviceId));
  await lanes[0]?.invoke({ records: batchOf(0, '1') });
  const batch = String((await table()).find(isOfFirst)?.['BatchNo']);
  const more = lanes.slice(1).map((_, at) => [batchOf(at + 1, '1'), batchOf(at + 1, '2')]);

  const [undone] = await Promise.all([
    rollback(batch),
    ...more.map(async (own, at) => {
      for (const records of own) await lanes[at + 1]?.invoke({ records });
    }),
  ]);

  expect(undone).toMatchObject({ restored: KEYS, left: 0 });
  const after = await table();
  expect(after.filter(isOfFirst)).toEqual(before.filter(isOfFirst));
  expect(after.filter((row) => !isOfFirst(row)).every(({ Status }) => Status === '2')).toBe(true);
}, 60_000);

test('a row that several lanes wrote is undone in the order in which they wrote it', async () => {
  start(3);
  const shared = (lane: number) => {
    const made = reading('shared', String(lane % 3));

    return { ...made, kinesis: { ...made.kinesis, partitionKey: `lane-${lane}` } };
  };
  const numbers: string[] = [];
  for (const [lane, one] of lanes.entries()) {
    await one.invoke({ records: [shared(lane)] });
    numbers.push(...(await batches()));
  }
  const [first = '', second = '', third = ''] = numbers;

  expect(await rollback(second)).toMatchObject({ restored: 0, handedOn: 1, left: 0 });
  expect(await rollback(third)).toMatchObject({ restored: 1, left: 0 });
  expect(await batches()).toEqual([first]);
  expect(await rollback(first)).toMatchObject({ deleted: 1 });
  expect(await table()).toEqual([]);
}, 60_000);
