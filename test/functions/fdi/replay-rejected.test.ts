import { afterEach, expect, test } from '@jest/globals';
import { READMIT_FUNCTION } from '../../../core/fdi/readmit-function.ts';
import type { ReplayRejectedAnswer, ReplayRejectedRequest } from '../../../core/fdi/replay-held.ts';
import type { TopicTask } from '../../../core/fdi/topic-task.ts';
import { property } from '../../../core/link/thing-model.ts';
import { Consumer } from './consumer.ts';
import { HISTORY_TASK, parking, SPACES_TASK } from './parking.ts';
import { bareRecord, PRODUCT, record } from './records.ts';

const lot = parking();
const consumers: Consumer[] = [];

afterEach(async () => {
  for (const consumer of consumers.splice(0)) {
    await consumer.stop();
  }
  await lot.enterModel({ enforcement: 'off' });
});

function consumerOf(task: TopicTask): Consumer {
  const consumer = new Consumer(task, { ...lot.environment, CAUSEWAY_ENVIRONMENT: '' });
  consumers.push(consumer);

  return consumer;
}

const MODEL = (values: readonly string[]) => ({
  enforcement: 'enforce' as const,
  thingModel: { ParkingStatus: { status: property.string({ maxLength: 16, required: true, enum: values }) } },
});
const reading = (n: number, status = '0', deviceId = `S-${n}`) => record({ n, payload: { deviceId, status } });
const readings = (from: number, to: number, status = '0') =>
  Array.from({ length: to - from + 1 }, (_, at) => reading(from + at, status));
type Request = Omit<ReplayRejectedRequest, 'since' | 'until'>;
const replay = async (consumer: Consumer, request: Request = {}) => {
  const reply = (await consumer.ask({ replay: request })) as { answer?: ReplayRejectedAnswer; refusal?: object };

  return reply.answer ?? reply;
};
const rows = async () => (await lot.query('SELECT Seq AS n FROM ParkingHistory ORDER BY Id')).map(({ n }) => Number(n));
const quarantine = () =>
  lot.query(
    'SELECT Seq AS seq, Code AS code, Reason AS reason, Attempts AS attempts FROM causeway.quarantine ORDER BY Id',
  );
const account = async () =>
  (await lot.query('SELECT Written AS written, Quarantined AS quarantined FROM causeway.position'))[0];
const ids = async () =>
  (await lot.query('SELECT Id AS id FROM causeway.quarantine ORDER BY Id')).map(({ id }) => Number(id));

test('records that a corrected model takes become rows, leave the quarantine, and are counted as written', async () => {
  await lot.enterModel(MODEL(['1']));
  const consumer = consumerOf(HISTORY_TASK);
  await consumer.invoke({ records: [...readings(1, 3), reading(4, '1')] });
  expect(await account()).toEqual({ written: 1, quarantined: 3 });
  await lot.enterModel(MODEL(['0', '1']));

  expect(await replay(consumer, { count: true })).toMatchObject({ written: 3, refused: [], matching: 3 });
  expect([await rows(), await quarantine(), await account()]).toEqual([
    [4, 1, 2, 3],
    [],
    { written: 4, quarantined: 0 },
  ]);
  expect(await lot.query('SELECT EventTime, DeviceId FROM ParkingHistory WHERE DeviceId = "S-2"')).toEqual([
    { EventTime: '2026-11-01 08:00:00.002', DeviceId: 'S-2' },
  ]);
  expect(await replay(consumer)).toMatchObject({ written: 0, refused: [] });
});

test('what is refused again stays, with the new reason and a count of attempts', async () => {
  await lot.enterModel(MODEL(['1']));
  const consumer = consumerOf(HISTORY_TASK);
  await consumer.invoke({ records: [reading(1), reading(2, 'x'.repeat(17))] });
  await lot.enterModel({ enforcement: 'off' });

  const [, second] = await ids();
  expect(await replay(consumer)).toMatchObject({
    written: 1,
    refused: [{ id: second, code: 'length', reason: expect.stringMatching(/^Status: /) }],
  });
  expect(await replay(consumer)).toMatchObject({ written: 0 });
  expect(await quarantine()).toEqual([
    { seq: '2'.padStart(64, '0'), code: 'length', reason: expect.stringMatching(/^Status: /), attempts: 2 },
  ]);
  expect(await account()).toEqual({ written: 1, quarantined: 1 });
});

test('one row that the database refuses does not keep the others', async () => {
  await lot.enterModel(MODEL(['1']));
  const consumer = consumerOf(HISTORY_TASK);
  await consumer.invoke({ records: readings(1, 9) });
  await lot.enterModel({ enforcement: 'off' });
  await lot.query("ALTER TABLE ParkingHistory ADD CONSTRAINT NoSix CHECK (DeviceId <> 'S-6')");

  expect(await replay(consumer)).toMatchObject({ written: 8, refused: [{ code: 'database' }] });
  expect(await rows()).toEqual([1, 2, 3, 4, 5, 7, 8, 9]);
  expect(await quarantine()).toMatchObject([
    { code: 'database', reason: expect.stringContaining('NoSix'), attempts: 1 },
  ]);
  expect(await account()).toEqual({ written: 8, quarantined: 1 });
});

test('a stale event loses against the newer row, also when it is replayed', async () => {
  await lot.enterModel(MODEL(['1']));
  const consumer = consumerOf(SPACES_TASK);
  await consumer.invoke({ records: [reading(1, 'old', 'S-A'), reading(2, 'old', 'S-B'), reading(3, '1', 'S-A')] });
  await lot.enterModel({ enforcement: 'off' });

  expect(await replay(consumer)).toMatchObject({ written: 2 });
  expect(await lot.query('SELECT DeviceId, Status FROM ParkingData ORDER BY DeviceId')).toEqual([
    { DeviceId: 'S-A', Status: '1' },
    { DeviceId: 'S-B', Status: 'old' },
  ]);
  expect([await quarantine(), await account()]).toEqual([[], { written: 3, quarantined: 0 }]);
});

test('a table of states without an event time is replayed into only when that is wanted', async () => {
  const { eventTimeColumn: _, sequenceColumn: __, ...target } = SPACES_TASK.target;
  const consumer = consumerOf({
    ...SPACES_TASK,
    target,
    mapping: [
      { column: 'DeviceId', from: 'deviceId' },
      { column: 'Status', from: 'status' },
      { column: 'EventTime', constant: '2026-11-01 08:00:00' },
      { column: 'Seq', constant: '0' },
    ],
  });

  expect(await replay(consumer)).toMatchObject({
    refusal: { code: 'CAUSEWAY.0412', message: expect.stringContaining('ParkingData has no event time column') },
  });
  expect(await replay(consumer, { overwrite: true })).toMatchObject({ written: 0 });
});

test('a corrected payload is replayed in place of the original, which stays until then', async () => {
  const consumer = consumerOf(HISTORY_TASK);
  await consumer.invoke({ records: [record({ n: 1, payload: 'no JSON' })] });
  await lot.query(`UPDATE causeway.quarantine SET Correction = '{"deviceId":"S-9","status":"1"}', Revision = 1`);

  expect(await replay(consumer)).toMatchObject({ written: 1 });
  expect(await lot.query('SELECT DeviceId, Status, Seq FROM ParkingHistory')).toEqual([
    { DeviceId: 'S-9', Status: '1', Seq: '1'.padStart(64, '0') },
  ]);
});

test('only what is asked for is replayed; ids that are not there are named', async () => {
  await lot.enterModel(MODEL(['1']));
  const consumer = consumerOf(HISTORY_TASK);
  await consumer.invoke({ records: [...readings(1, 5), record({ n: 6, payload: 'no JSON' })] });
  await lot.enterModel({ enforcement: 'off' });
  const [first = 0, , third = 0] = await ids();

  expect(await replay(consumer, { ids: [first, third, 999_999] })).toMatchObject({ written: 2, missing: [999_999] });
  expect(await replay(consumer, { code: 'syntax' })).toMatchObject({ written: 0, refused: [{ code: 'syntax' }] });
  expect(await replay(consumer, { column: 'deviceId' })).toMatchObject({ written: 0, refused: [] });
  expect(await replay(consumer, { column: 'status', after: third, through: third + 1 })).toMatchObject({ written: 1 });
  expect(await replay(consumer, { reason: 'allowed "1"' })).toMatchObject({ written: 2 });
  expect(await rows()).toEqual([1, 3, 4, 2, 5]);
});

test('records are replayed as they were: envelope or none, large or small', async () => {
  const task = {
    ...HISTORY_TASK,
    source: {
      ...HISTORY_TASK.source,
      metadata: [
        { alias: 'DeviceId', path: 'clientId', type: 'string' as const },
        ...HISTORY_TASK.source.metadata.slice(1),
      ],
    },
  };
  const consumer = consumerOf(task);
  const pad = 'x'.repeat(120_000);
  await consumer.invoke({
    records: [record({ n: 1, payload: { status: 'x'.repeat(20), pad } }), bareRecord(2, 'no envelope')],
  });
  await lot.query('ALTER TABLE ParkingHistory MODIFY Status VARCHAR(20) NOT NULL');

  expect(await replay(consumer)).toMatchObject({ written: 1, refused: [{ code: 'envelope' }] });
  expect(await lot.query('SELECT DeviceId, Status FROM ParkingHistory')).toEqual([
    { DeviceId: 'd0123456789abcdef0123', Status: 'x'.repeat(20) },
  ]);
});

test('a consumer that is killed in the middle of a replay loses and doubles nothing, and blocks nobody', async () => {
  await lot.enterModel(MODEL(['1']));
  const consumer = consumerOf(HISTORY_TASK);
  await consumer.invoke({ records: readings(1, 20) });
  await lot.enterModel({ enforcement: 'off' });
  for (const side of ['before', 'after'] as const) {
    lot.guard = {
      [side]: async ({ sql }: { sql: string }) => {
        if (sql.includes('readmit')) await consumer.kill();
      },
    };
    expect(await consumer.ask({ replay: { through: (await ids())[9] ?? 0 } })).toBe('killed');
    lot.guard = {};
    // Whoever writes meanwhile finds nothing locked.
    expect(await consumer.invoke({ records: [reading(side === 'before' ? 21 : 22, '1')] })).toBe('');
  }
  await replay(consumer);

  expect((await rows()).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 22 }, (_, at) => at + 1));
  expect([await quarantine(), await account()]).toEqual([[], { written: 22, quarantined: 0 }]);
});

test('two replays at once write each record once', async () => {
  await lot.enterModel(MODEL(['1']));
  const [one, other] = [consumerOf(HISTORY_TASK), consumerOf(HISTORY_TASK)];
  await one.invoke({ records: readings(1, 60) });
  await lot.enterModel({ enforcement: 'off' });

  const answers = (await Promise.all([replay(one), replay(other)])) as ReplayRejectedAnswer[];
  expect(answers.reduce((sum, { written }) => sum + written, 0)).toBe(60);
  expect([(await rows()).length, await account()]).toEqual([60, { written: 60, quarantined: 0 }]);
});

test('a record that is corrected while it is replayed is replayed corrected', async () => {
  const consumer = consumerOf(HISTORY_TASK);
  await lot.enterModel(MODEL(['1']));
  await consumer.invoke({ records: [reading(1)] });
  await lot.enterModel({ enforcement: 'off' });
  let corrected = false;
  lot.guard = {
    async before({ sql }) {
      if (!sql.includes('readmit') || corrected) return;
      corrected = true;
      await lot.query(`UPDATE causeway.quarantine SET Correction = '{"deviceId":"S-1","status":"9"}', Revision = 1`);
    },
  };

  expect(await replay(consumer)).toMatchObject({ written: 1 });
  expect(await lot.query('SELECT Status FROM ParkingHistory')).toEqual([{ Status: '9' }]);
});

test('more than one page is replayed page by page', async () => {
  await lot.enterModel(MODEL(['1']));
  const consumer = consumerOf(HISTORY_TASK);
  await consumer.invoke({ records: readings(1, 650) });
  await lot.enterModel({ enforcement: 'off' });
  let [after, calls]: [number | undefined, number] = [0, 0];
  while (after !== undefined) {
    const answer: ReplayRejectedAnswer = (await replay(consumer, { after })) as ReplayRejectedAnswer;
    after = answer.next;
    calls += 1;
  }

  expect([calls, (await rows()).length]).toEqual([3, 650]);
});

test('a database without the function says so', async () => {
  await lot.enterModel(MODEL(['1']));
  const consumer = consumerOf(HISTORY_TASK);
  await consumer.invoke({ records: [reading(1)] });
  await lot.enterModel({ enforcement: 'off' }, PRODUCT);
  await lot.query(`DROP FUNCTION ${READMIT_FUNCTION}`);

  expect(await replay(consumer)).toMatchObject({
    refusal: { code: 'CAUSEWAY.0412', message: expect.stringContaining('Deploy the platform again') },
  });
  expect(await account()).toEqual({ written: 0, quarantined: 1 });
});
