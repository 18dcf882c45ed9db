import { expect, test } from '@jest/globals';
import { withConsumer } from './crashes.ts';
import { HISTORY_TASK, parking } from './parking.ts';
import { PRODUCT } from './records.ts';

const lot = parking();
const trial = (payload: string, more = {}) => ({
  trial: { payload: Buffer.from(payload).toString('base64'), ...more },
});
const device = { productId: PRODUCT, deviceId: 'S-001', clientId: 'd1' };

test('a message is shown on its way to its row, and nothing is written', async () => {
  await withConsumer(lot, HISTORY_TASK, async (consumer) => {
    const payload = '{"deviceId":"S-001","status":"it\'s free"}';
    const { answer } = (await consumer.ask(trial(payload, { ...device, eventTime: 0 }))) as { answer: object };

    expect(answer).toMatchObject({
      outcome: 'written',
      message: { data: { deviceId: 'S-001', status: "it's free" }, deviceId: 'S-001', eventTime: 0 },
      row: { DeviceId: 'S-001', Status: "it's free", EventTime: '1970-01-01 00:00:00.000' },
      sql: expect.stringContaining('INSERT INTO `ParkingHistory`'),
      parameters: { rows: expect.stringContaining(`"S-001","it's free"`), batch: expect.any(String) },
    });
  });
  expect(await lot.query('SELECT COUNT(*) AS n FROM ParkingHistory')).toEqual([{ n: 0 }]);
  expect(await lot.query('SELECT COUNT(*) AS n FROM causeway.position')).toEqual([{ n: 0 }]);
});

test('what would go into the quarantine says why: by the mapping, and by the model of the device that sends', async () => {
  await lot.enterModel({ thingModel: { Status: { status: MODEL } }, enforcement: 'enforce' });
  await withConsumer(lot, HISTORY_TASK, async (consumer) => {
    const odd = '{"deviceId":"S-001","status":"9"}';

    expect(await consumer.ask(trial('{"deviceId":"S-001"}'))).toMatchObject({
      answer: { outcome: 'quarantined', code: 'missing', reason: expect.stringContaining('data.status') },
    });
    expect(await consumer.ask(trial(odd))).toMatchObject({ answer: { outcome: 'written' } });
    expect(await consumer.ask(trial(odd, device))).toMatchObject({
      answer: { outcome: 'quarantined', code: 'model', reason: expect.stringContaining('"9"') },
    });
    expect(await consumer.ask(trial('no JSON'))).toMatchObject({ answer: { code: 'syntax' } });
  });
  expect(await lot.query('SELECT COUNT(*) AS n FROM causeway.quarantine')).toEqual([{ n: 0 }]);
});

const MODEL = {
  type: 'string',
  required: true,
  access: 'read-write',
  description: '',
  enum: ['0', '1'],
} as const;
