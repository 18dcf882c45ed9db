import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CURRENT_FEE, FINISHED_VISITS, SPACES_BY_ZONE } from '../../integrations/parking/gate-sql.ts';
import { type GateDatabase, startGateDatabase } from './gate-database.ts';

/** `in 2026-03-01T08:00`. */
type Passage = string;

const PLATE = 'B-AB 123';
const NOW = '2026-03-10T12:00:00';

let database: GateDatabase;

beforeAll(async () => {
  database = await startGateDatabase();
}, 60_000);

beforeEach(async () => {
  await database.run('DELETE FROM ParkingGateEvent');
  await database.run("DELETE FROM ParkingTariff WHERE ValidFrom > '2000-01-01'");
});

afterAll(() => database?.stop(), 60_000);

describe('15 minutes are free, a started hour costs 2.00, a started day 15.00 at most', () => {
  test.each<[string, Passage[], string, object]>([
    ['no longer than the free minutes', ['in 08:00', 'out 08:15'], NOW, { Fee: '0.00', Minutes: 15 }],
    ['a second longer: from the entry', ['in 08:00', 'out 08:15:01'], NOW, { Fee: '2.00', Minutes: 15 }],
    ['exactly an hour', ['in 08:00', 'out 09:00'], NOW, { Fee: '2.00', Minutes: 60 }],
    ['an hour and less than a second', ['in 08:00', 'out 09:00:00.999'], NOW, { Fee: '2.00', Minutes: 60 }],
    ['an hour and a second', ['in 08:00', 'out 09:00:01'], NOW, { Fee: '4.00', Minutes: 60 }],
    ['over midnight', ['in 23:30', 'out 2026-03-02T01:15'], NOW, { Fee: '4.00', Minutes: 105 }],
    ['over midnight within the free minutes', ['in 23:50', 'out 2026-03-02T00:05'], NOW, { Fee: '0.00', Minutes: 15 }],
    ['over the end of February', ['in 2024-02-28T23:00', 'out 2024-03-01T00:00'], NOW, { Fee: '17.00', Minutes: 1500 }],
    ['the last hour below the cap', ['in 08:00', 'out 15:00'], NOW, { Fee: '14.00' }],
    ['the cap', ['in 08:00', 'out 15:00:01'], NOW, { Fee: '15.00' }],
    ['exactly a day', ['in 08:00', 'out 2026-03-02T08:00'], NOW, { Fee: '15.00', Minutes: 1440 }],
    ['a day and a second', ['in 08:00', 'out 2026-03-02T08:00:01'], NOW, { Fee: '17.00' }],
    ['three days, the third capped too', ['in 08:00', 'out 2026-03-03T20:00'], NOW, { Fee: '45.00' }],
    [
      'still inside',
      ['in 08:00'],
      '2026-03-01T09:30:00',
      { Fee: '4.00', State: 'inside', ExitTime: null, Minutes: 90 },
    ],
    ['inside and free', ['in 08:00'], '2026-03-01T08:10:00', { Fee: '0.00', State: 'inside' }],
    [
      'inside by a clock ahead of ours',
      ['in 08:00'],
      '2026-03-01T07:59:00',
      { Fee: '0.00', Minutes: 0, State: 'inside' },
    ],
    [
      'a lost entry',
      ['out 09:00'],
      NOW,
      { Fee: '15.00', State: 'entry-lost', EntryTime: null, Minutes: null, Entries: 0 },
    ],
    ['a lost entry after a visit', ['in 06:00', 'out 07:00', 'out 09:00'], NOW, { Fee: '15.00', State: 'entry-lost' }],
    ['a visit after a lost entry', ['out 06:00', 'in 07:00', 'out 09:00'], NOW, { Fee: '4.00', State: 'left' }],
    ['a double entry, the first counts', ['in 08:00', 'in 09:00', 'out 10:00'], NOW, { Fee: '4.00', Entries: 2 }],
    [
      'a double entry, inside',
      ['in 08:00', 'in 09:00'],
      '2026-03-01T10:30:00',
      { Fee: '6.00', Entries: 2, State: 'inside' },
    ],
    [
      'the last of two visits',
      ['in 06:00', 'out 07:00', 'in 08:00'],
      '2026-03-01T08:20:00',
      { Fee: '2.00', State: 'inside' },
    ],
    ['in and out in one millisecond', ['in 08:00', 'out 08:00'], NOW, { Fee: '0.00', State: 'left' }],
  ])('%s', async (_name, passages, now, expected) => {
    await pass(passages);

    const [row, ...others] = await database.ask(CURRENT_FEE, { plate: PLATE }, now);

    expect(row).toMatchObject({ Plate: PLATE, Currency: 'EUR', State: 'left', ...expected });
    expect(others).toEqual([]);
  });
});

test('a plate that never came has no fee', async () => {
  await pass(['in 08:00']);

  expect(await database.ask(CURRENT_FEE, { plate: 'B-AB 124' }, NOW)).toEqual([]);
  expect(await database.ask(CURRENT_FEE, { plate: PLATE.toLowerCase() }, NOW)).toEqual([]);
  expect(await database.ask(FINISHED_VISITS, { plate: 'B-AB 124', limit: 10 })).toEqual([]);
});

test('the order in which passages arrive changes nothing', async () => {
  const passages = ['in 06:00', 'out 07:00', 'in 08:00', 'in 08:30', 'out 11:00'];
  await pass(passages);
  const inOrder = await database.ask(FINISHED_VISITS, { plate: PLATE, limit: 10 });
  await database.run('DELETE FROM ParkingGateEvent');
  await pass(passages.toReversed());

  expect(inOrder.map(({ Fee }) => Fee)).toEqual(['6.00', '2.00']);
  expect(await database.ask(FINISHED_VISITS, { plate: PLATE, limit: 10 })).toEqual(inOrder);
});

test('finished visits come newest first, up to the limit, without the one that goes on', async () => {
  await pass(['in 06:00', 'out 06:10', 'out 07:00', 'in 08:00', 'out 10:30', 'in 11:00']);

  const visits = await database.ask(FINISHED_VISITS, { plate: PLATE, limit: 10 });

  expect(visits.map(({ State, Fee }) => [State, Fee])).toEqual([
    ['left', '6.00'],
    ['entry-lost', '15.00'],
    ['left', '0.00'],
  ]);
  expect(await database.ask(FINISHED_VISITS, { plate: PLATE, limit: 1 })).toEqual(visits.slice(0, 1));
});

test('other plates have their own visits', async () => {
  await pass(['in 08:00']);
  await pass(['out 08:05'], 'X');

  expect(await database.ask(CURRENT_FEE, { plate: PLATE }, '2026-03-01T09:00:00')).toMatchObject([{ State: 'inside' }]);
});

test('a stay costs what was valid when it began, a lost entry what is valid at the exit', async () => {
  await database.run("INSERT INTO ParkingTariff VALUES ('2026-03-01 09:00:00', 0, 3.35, 20.10, 'CHF')");
  await pass(['in 08:59:59', 'out 10:59:59', 'in 11:00', 'out 13:00:01', 'out 14:00']);

  const visits = await database.ask(FINISHED_VISITS, { plate: PLATE, limit: 10 });

  expect(visits.map(({ Fee, Currency }) => `${Fee} ${Currency}`)).toEqual(['20.10 CHF', '10.05 CHF', '4.00 EUR']);
});

test('a cap that a whole day does not reach is not charged', async () => {
  await database.run("INSERT INTO ParkingTariff VALUES ('2026-03-01 00:00:00', 0, 0.50, 50.00, 'EUR')");
  await pass(['in 08:00', 'out 2026-03-02T09:00']);

  expect(await database.ask(CURRENT_FEE, { plate: PLATE }, NOW)).toMatchObject([{ Fee: '12.50' }]);
});

test('a stay from before every tariff has no fee rather than a wrong one', async () => {
  await pass(['in 1999-12-31T23:00', 'out 2000-01-01T01:00']);

  expect(await database.ask(CURRENT_FEE, { plate: PLATE }, NOW)).toMatchObject([{ Fee: null, Currency: null }]);
});

test('a hostile plate is a plate', async () => {
  await pass(['in 08:00']);

  expect(await database.ask(CURRENT_FEE, { plate: "' OR '1'='1" }, NOW)).toEqual([]);
});

test('zones count their spaces, the free ones and those that never reported', async () => {
  await database.run(`INSERT INTO ParkingData (DeviceId, Status, EventTime, TraceId, BatchNo) VALUES
    ('S-001', '0', NOW(), '', ''), ('S-002', '1', NOW(), '', ''), ('S-006', '0', NOW(), '', ''), ('S-NEW', '0', NOW(), '', '')`);

  const north = { Zone: 'north', Spaces: 5, FreeNo: 1, UnknownNo: 3 };
  expect(await database.ask(SPACES_BY_ZONE, {})).toEqual([
    north,
    { Zone: 'south', Spaces: 5, FreeNo: 1, UnknownNo: 4 },
  ]);
  expect(await database.ask(SPACES_BY_ZONE, { zone: 'north' })).toEqual([north]);
  expect(await database.ask(SPACES_BY_ZONE, { zone: 'east' })).toEqual([]);
});

/** Passages of 1 March 2026 where no day is named. */
async function pass(passages: readonly Passage[], plate = PLATE): Promise<void> {
  for (const passage of passages) {
    const [direction, time = ''] = passage.split(' ');
    const at = time.includes('T') ? time : `2026-03-01T${time}`;
    await database.run(
      "INSERT INTO ParkingGateEvent (Plate, PassedAt, Direction, Gate, ReceivedAt, TraceId, BatchNo) VALUES (?, ?, ?, 'G', NOW(3), '', '')",
      [plate, at, direction],
    );
  }
}
