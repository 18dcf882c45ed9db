import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { property } from '../../../core/link/thing-model.ts';
import { Consumer } from './consumer.ts';
import { HISTORY_TASK, parking } from './parking.ts';
import { bareRecord, record } from './records.ts';

const lot = parking();
let consumer: Consumer;
/** The position stays from test to test: each goes on behind it. */
let sequence = 0;

const MODEL = {
  thingModel: {
    ParkingStatus: {
      deviceId: property.string({ maxLength: 64 }),
      status: property.string({ maxLength: 16, enum: ['0', '1'] }),
    },
  },
  enforcement: 'enforce' as const,
};

beforeAll(async () => {
  await lot.enterModel(MODEL);
  consumer = new Consumer(HISTORY_TASK, lot.environment);
}, 60_000);

afterAll(() => consumer.stop(), 60_000);
beforeEach(() => {
  sequence += 10_000;
});

const bytes = (...parts: (string | number)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))));
const stored = () => lot.query('SELECT DeviceId, Status FROM ParkingHistory ORDER BY Id');
const rejected = () =>
  lot.query('SELECT Code, Reason, ModelVersion, Body AS body FROM causeway.quarantine ORDER BY Id');

const POISON: readonly (readonly [what: string, payload: Buffer, code: string, reason: RegExp])[] = [
  ['not JSON', bytes('parking is full'), 'syntax', /not JSON/],
  ['nothing at all', bytes(), 'syntax', /not JSON/],
  ['JSON cut short', bytes('{"deviceId":"S-001","status":"0"'), 'syntax', /not JSON/],
  ['no object', bytes('[1]'), 'model', /^\$ \(object\): received a list of 1, allowed a JSON object$/],
  ['a wrong type', bytes('{"deviceId":"S-001","status":0}'), 'model', /^status \(type\): received 0, allowed text$/],
  [
    'too long',
    bytes(`{"deviceId":"${'x'.repeat(65)}","status":"0"}`),
    'model',
    /^deviceId \(maxLength\): received "x{59}…", allowed at most 64 characters$/,
  ],
  ['a missing field', bytes('{"deviceId":"S-001"}'), 'model', /^status \(required\): received missing, allowed text$/],
  ['null for a field', bytes('{"deviceId":"S-001","status":null}'), 'model', /^status \(required\): received null/],
  ['a wrong value', bytes('{"deviceId":"S-001","status":"2"}'), 'model', /^status \(enum\): received "2", allowed/],
  ['two faults', bytes('{"status":"2"}'), 'model', /^deviceId \(required\).* \| status \(enum\)/],
  ['broken UTF-8', bytes('{"deviceId":"S-', 0xff, 0xfe, '","status":"0"}'), 'encoding', /not UTF-8/],
  ['UTF-8 cut short', bytes('{"deviceId":"S-001","status":"0"}', 0xe2, 0x82), 'encoding', /not UTF-8/],
  ['a NUL byte', bytes('{"deviceId":"S-001', 0, '","status":"0"}'), 'syntax', /not JSON/],
  ['NUL bytes only', bytes(0, 0, 0, 0), 'syntax', /not JSON/],
  [
    'an escaped NUL',
    bytes('{"deviceId":"S-001\\u0000","status":"0"}'),
    'model',
    /^deviceId \(characters\): received "S-001\\u0000", allowed/,
  ],
  [
    'half a surrogate pair',
    bytes('{"deviceId":"\\ud83d","status":"0"}'),
    'model',
    /^deviceId \(characters\): received "\\ud83d"/,
  ],
  ['a 4-byte character where it does not belong', bytes('{"deviceId":"S-001","status":"😀"}'), 'model', /enum.*"😀"/],
];

test('each kind of poison ends in the quarantine with its reason and its exact bytes', async () => {
  const records = POISON.map(([, payload], at) => record({ n: sequence + at, payload }));

  expect(await consumer.invoke({ records })).toBe('');

  expect(await rejected()).toEqual(
    POISON.map(([, payload, code, reason]) => ({
      Code: code,
      Reason: expect.stringMatching(reason),
      ModelVersion: expect.stringMatching(/^[0-9a-f]{12}$/),
      body: payload.toString('base64'),
    })),
  );
  expect(await stored()).toEqual([]);
});

test('1 % of poison delays and loses nobody: every good message is in the table, every bad one in the quarantine', async () => {
  const count = POISON.length * 100;
  const bad = (n: number) => POISON[n / 100]?.[1];
  const records = Array.from({ length: count }, (_, n) =>
    record({
      n: sequence + n,
      payload: n % 100 === 0 ? bad(n) : { deviceId: `S-${String(n).padStart(4, '0')}`, status: String(n % 2) },
    }),
  );

  expect(await consumer.invoke({ records })).toBe('');

  const good = Array.from({ length: count }, (_, n) => n).filter((n) => n % 100 !== 0);
  expect((await stored()).map((row) => row['DeviceId'])).toEqual(good.map((n) => `S-${String(n).padStart(4, '0')}`));
  expect((await rejected()).map(({ body }) => body)).toEqual(POISON.map(([, payload]) => payload.toString('base64')));
});

test('4-byte characters are text like any other: where they fit, they are written', async () => {
  await consumer.invoke({ records: [record({ n: sequence, payload: { deviceId: '🅿️-😀', status: '1' } })] });

  expect(await stored()).toEqual([{ DeviceId: '🅿️-😀', Status: '1' }]);
});

test('a record that no rule wrote has no product to be judged by, and its own bytes are kept', async () => {
  await consumer.invoke({ records: [bareRecord(sequence, 'x')] });

  expect(await rejected()).toMatchObject([
    { Code: 'envelope', ModelVersion: null, body: Buffer.from('x').toString('base64') },
  ]);
});

test('what only warns is written, counted and logged with what it breaks', async () => {
  await lot.enterModel({ ...MODEL, enforcement: 'warn' }, 'Lenient1');
  const lenient = { productId: 'Lenient1' };

  await consumer.invoke({
    records: [
      record({ n: sequence, payload: { deviceId: 'S-001', status: '7' }, ...lenient }),
      record({ n: sequence + 1, payload: { deviceId: 'S-002', status: '0' }, ...lenient }),
    ],
  });

  expect(await stored()).toEqual([
    { DeviceId: 'S-001', Status: '7' },
    { DeviceId: 'S-002', Status: '0' },
  ]);
  expect(consumer.log().at(-1)).toMatchObject({
    message: 'batch',
    written: 2,
    rejected: 0,
    warned: 1,
    warnings: [{ trace: `trace-${sequence}`, reason: 'status (enum): received "7", allowed "0", "1"' }],
  });
});

test('while the catalogue is away, messages of a product not met before wait; nothing is written unjudged, nothing is lost', async () => {
  await lot.enterModel(MODEL, 'Later1');
  const records = ['0', '7'].map((status, at) =>
    record({ n: sequence + at, payload: { deviceId: 'S-001', status }, productId: 'Later1' }),
  );

  lot.catalogueIsAway(true);
  expect(await consumer.invoke({ records })).toBe(String(sequence));
  expect(await stored()).toEqual([]);
  lot.catalogueIsAway(false);
  expect(await consumer.invoke({ records })).toBe('');

  expect(await stored()).toEqual([{ DeviceId: 'S-001', Status: '0' }]);
  expect(await rejected()).toMatchObject([{ Code: 'model' }]);
});

test('messages of a product that the catalogue does not know are written, and the log says so once', async () => {
  const records = [0, 1].map((at) =>
    record({ n: sequence + at, payload: { deviceId: 'S-001', status: '7' }, productId: 'Nobody1' }),
  );

  await consumer.invoke({ records });

  expect(await stored()).toHaveLength(2);
  const told = consumer.log().filter(({ productId }) => productId === 'Nobody1');
  expect(told).toMatchObject([{ level: 'WARN', message: expect.stringContaining('does not know this product') }]);
});
