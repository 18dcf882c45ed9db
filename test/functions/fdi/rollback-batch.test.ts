import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RollbackAnswer } from '../../../core/fdi/rollback-batch.ts';
import type { TopicTask } from '../../../core/fdi/topic-task.ts';
import { property } from '../../../core/link/thing-model.ts';
import type { RollbackReply } from '../../../functions/shared/rollback-consumer.ts';
import { Consumer } from './consumer.ts';
import { HISTORY_TASK, parking, SPACES_TASK } from './parking.ts';
import { record } from './records.ts';

const lot = parking();
const consumers: Consumer[] = [];
const KEEPING_TASK: TopicTask = { ...SPACES_TASK, target: { ...SPACES_TASK.target, rollbackSeconds: 3600 } };

beforeEach(async () => {
  for (const table of ['before_image', 'image_shape', 'rollback_log']) {
    await lot.query(`DELETE FROM causeway.${table}`);
  }
});
afterEach(async () => {
  for (const consumer of consumers.splice(0)) {
    await consumer.stop();
  }
});

function consumerOf(task: TopicTask): Consumer {
  const consumer = new Consumer(task, { ...lot.environment, CAUSEWAY_ENVIRONMENT: '' });
  consumers.push(consumer);

  return consumer;
}

const reading = (n: number, deviceId: string, status: string) => record({ n, payload: { deviceId, status } });
const rows = async () =>
  Object.fromEntries(
    (await lot.query('SELECT DeviceId AS device, Status AS status FROM ParkingData')).map(({ device, status }) => [
      device,
      status,
    ]),
  );
const batchOf = async (device: string) =>
  String((await lot.query(`SELECT BatchNo AS batch FROM ParkingData WHERE DeviceId = '${device}'`))[0]?.['batch']);
const rollback = async (consumer: Consumer, batch: string, preview = false) => {
  const reply = (await consumer.ask({ rollback: { batch, preview, by: 'test' } })) as RollbackReply;

  return 'answer' in reply ? (reply.answer as RollbackAnswer) : reply;
};

test('what a batch added is gone, and what it changed is as it was, with the number of the batch before', async () => {
  const consumer = consumerOf(KEEPING_TASK);
  await consumer.invoke({ records: [reading(1, 'S-1', '0'), reading(2, 'S-2', '0')] });
  const first = await batchOf('S-1');
  await consumer.invoke({ records: [reading(3, 'S-2', '1'), reading(4, 'S-3', '1')] });
  const second = await batchOf('S-3');

  expect(await rollback(consumer, second, true)).toMatchObject({ restored: 1, deleted: 1, left: 0, withoutImage: 0 });
  expect(await rows()).toEqual({ 'S-1': '0', 'S-2': '1', 'S-3': '1' });
  expect(await rollback(consumer, second)).toMatchObject({ restored: 1, deleted: 1, handedOn: 0, left: 0 });
  expect([await rows(), await batchOf('S-2')]).toEqual([{ 'S-1': '0', 'S-2': '0' }, first]);
  expect(await rollback(consumer, second)).toMatchObject({
    restored: 0,
    deleted: 0,
    before: { restored: 1, deleted: 1 },
  });
});

test('its batches are listed, the last first, and those whose time is over are removed', async () => {
  const consumer = consumerOf(KEEPING_TASK);
  await consumer.invoke({ records: [reading(1, 'S-1', '0'), reading(2, 'S-2', '0')] });
  const first = await batchOf('S-1');
  await consumer.invoke({ records: [reading(3, 'S-1', '1')] });
  const second = await batchOf('S-1');
  const batches = { since: new Date(Date.now() - 600_000).toISOString(), limit: 10 };
  const listed = async () => ((await consumer.ask({ batches })) as { answer: { items: object[] } }).answer.items;

  expect(await listed()).toMatchObject([
    { batch: second, rows: 1, added: 0, isUndoable: true },
    { batch: first, rows: 2, added: 2, isUndoable: true },
  ]);
  await lot.query(`UPDATE causeway.before_image SET KeptUntil = '2026-01-01' WHERE Batch = '${first}'`);
  expect(await consumer.ask({ expire: true })).toEqual({ answer: { removed: 2 } });
  expect(await listed()).toMatchObject([{ batch: second }]);
});

test('a row that a later batch changed again stays, and undoing that one leads to what was before the first', async () => {
  const consumer = consumerOf(KEEPING_TASK);
  const batches: string[] = [];
  for (const [n, status] of ['0', '1', '2'].entries()) {
    await consumer.invoke({ records: [reading(n + 1, 'S-1', status)] });
    batches.push(await batchOf('S-1'));
  }
  const [first = '', second = '', third = ''] = batches;

  expect(await rollback(consumer, second)).toMatchObject({ restored: 0, handedOn: 1, left: 0 });
  expect(await rows()).toEqual({ 'S-1': '2' });
  expect(await rollback(consumer, third)).toMatchObject({ restored: 1, handedOn: 0 });
  expect([await rows(), await batchOf('S-1')]).toEqual([{ 'S-1': '0' }, first]);
  expect(await rollback(consumer, first)).toMatchObject({ deleted: 1 });
  expect(await rows()).toEqual({});
});

test('what somebody else changed or deleted since is left and named, and can be undone when it is put back', async () => {
  const consumer = consumerOf(KEEPING_TASK);
  await consumer.invoke({ records: ['S-1', 'S-2', 'S-3'].map((device, at) => reading(at + 1, device, '0')) });
  const batch = await batchOf('S-1');
  await lot.query("UPDATE ParkingData SET Status = '7' WHERE DeviceId = 'S-1'");
  await lot.query("DELETE FROM ParkingData WHERE DeviceId = 'S-2'");
  const left = {
    left: 2,
    examples: [
      { key: { DeviceId: 'S-1' }, reason: 'changed' },
      { key: { DeviceId: 'S-2' }, reason: 'gone' },
    ],
  };

  expect(await rollback(consumer, batch, true)).toMatchObject({ deleted: 1, ...left });
  expect(await rollback(consumer, batch)).toMatchObject({ deleted: 1, ...left });
  expect(await rows()).toEqual({ 'S-1': '7' });
  await lot.query("UPDATE ParkingData SET Status = '0' WHERE DeviceId = 'S-1'");
  expect(await rollback(consumer, batch)).toMatchObject({ deleted: 1, left: 1, before: { deleted: 1 } });
  expect(await rows()).toEqual({});
});

test('a stale message changes nothing, and undoing its batch neither', async () => {
  const consumer = consumerOf(KEEPING_TASK);
  await consumer.invoke({ records: [reading(5, 'S-1', '1')] });
  const stale = record({ n: 6, eventTime: 1, payload: { deviceId: 'S-1', status: '0' } });
  await consumer.invoke({ records: [stale, reading(7, 'S-2', '1')] });

  expect(await rollback(consumer, await batchOf('S-2'))).toMatchObject({ restored: 0, deleted: 1, left: 0 });
  expect(await rows()).toEqual({ 'S-1': '1' });
});

test('of a task that only adds, the rows with the number are gone, without anything having been kept', async () => {
  const consumer = consumerOf(HISTORY_TASK);
  await consumer.invoke({ records: [reading(1, 'S-1', '0')] });
  const device = async () =>
    (await lot.query('SELECT DeviceId AS d, BatchNo AS b FROM ParkingHistory')) as { d: string; b: string }[];
  const [first] = await device();
  await consumer.invoke({ records: [reading(2, 'S-2', '0')] });

  expect(await rollback(consumer, first?.b ?? '', true)).toMatchObject({ deleted: 1 });
  expect(await rollback(consumer, first?.b ?? '')).toMatchObject({ deleted: 1 });
  expect((await device()).map(({ d }) => d)).toEqual(['S-2']);
  expect(await lot.query('SELECT Id FROM causeway.before_image')).toEqual([]);
  expect(await rollback(consumer, first?.b ?? '')).toMatchObject({ deleted: 0, before: { deleted: 1 } });
});

test('killed at any call, an undoing that is repeated has undone everything once', async () => {
  const consumer = consumerOf(KEEPING_TASK);
  const write = async (from: number, status: string) => {
    await consumer.invoke({ records: ['S-1', 'S-2'].map((device, at) => reading(from + at, device, status)) });
  };
  await write(1, '0');
  for (let step = 1, ended = false; !ended; step += 1) {
    await write(10 * step, '1');
    const batch = await batchOf('S-1');
    let calls = 0;
    lot.guard = {
      async before() {
        calls += 1;
        await (calls === step ? consumer.kill() : undefined);
      },
    };
    await rollback(consumer, batch).catch(() => undefined);
    ended = calls < step;
    lot.guard = {};
    const again = (await rollback(consumer, batch)) as RollbackAnswer;

    expect([step, again.restored + again.before.restored, await rows()]).toEqual([step, 2, { 'S-1': '0', 'S-2': '0' }]);
  }
});

test('what is no batch, was never there or whose time is over is refused in words', async () => {
  const consumer = consumerOf(KEEPING_TASK);
  await consumer.invoke({ records: [reading(1, 'S-1', '0')] });
  const batch = await batchOf('S-1');

  expect(await rollback(consumer, "x' OR 1")).toMatchObject({ refusal: { code: 'CAUSEWAY.0400' } });
  expect(await rollback(consumer, 'f'.repeat(15))).toMatchObject({ refusal: { code: 'CAUSEWAY.0404' } });
  await lot.query('UPDATE causeway.before_image SET KeptUntil = UTC_TIMESTAMP(3)');
  expect(await rollback(consumer, batch)).toMatchObject({
    refusal: { code: 'CAUSEWAY.0412', message: expect.stringMatching(/time of batch .* is over/) },
  });
  const unkept = consumerOf(SPACES_TASK);
  expect(await rollback(unkept, batch)).toMatchObject({
    refusal: { message: expect.stringContaining('rollback: Duration') },
  });
});

test('what was replayed is a batch of its own, and is undone like one', async () => {
  const consumer = consumerOf(KEEPING_TASK);
  await lot.enterModel({
    enforcement: 'enforce',
    thingModel: { ParkingStatus: { status: property.string({ maxLength: 16, enum: ['0'] }) } },
  });
  await consumer.invoke({ records: [reading(1, 'S-1', '0'), reading(2, 'S-1', '1'), reading(3, 'S-2', '1')] });
  await lot.enterModel({ enforcement: 'off' });

  expect(await consumer.ask({ replay: {} })).toMatchObject({ answer: { written: 2, refused: [] } });
  expect(await rows()).toEqual({ 'S-1': '1', 'S-2': '1' });
  expect(await rollback(consumer, await batchOf('S-2'))).toMatchObject({ restored: 1, deleted: 1, left: 0 });
  expect(await rows()).toEqual({ 'S-1': '0' });
  expect(await lot.query('SELECT Id FROM causeway.quarantine')).toEqual([]);
});
