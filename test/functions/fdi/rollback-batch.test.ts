import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RollbackAnswer } from '../../../core/fdi/rollback-batch.ts';
import type { TopicTask } from '../../../core/fdi/topic-task.ts';
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
  expect(await rollback(consumer, second)).toMatchObject({ restored: 0, deleted: 0, before: { restored: 1, deleted: 1 } });
});
