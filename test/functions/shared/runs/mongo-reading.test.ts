import { beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BSON } from 'mongodb';
import { mongoReader } from '../../../../core/fdi/run-mongo-reader.ts';
import { checkMongoSource, type MongoSource } from '../../../../core/fdi/run-mongo-source.ts';
import type { Checkpoint } from '../../../../core/fdi/run-ports.ts';
import { openMongo } from '../../../../functions/shared/runs/run-mongo.ts';
import { open as driverOpen } from '../../../../functions/shared/sources/mongodb-driver.ts';
import { KILLS, MemoryTarget } from '../../../core/fdi/memory-target.ts';
import { oneMongo } from '../sources/mongo-fixture.ts';

const { ObjectId, Long, Decimal128, Binary, Double, Int32 } = BSON;
const mongo = oneMongo();

beforeEach(async () => {
  process.env['CAUSEWAY_LOOPBACK'] = 'allowed';
  await mongo.drop();
});

function readerOf(source: Partial<MongoSource> = {}, pageSize = 100) {
  const own: MongoSource = { kind: 'mongodb', collection: 'orders', timeZone: 'UTC', ...source };
  checkMongoSource(own, 'Task: source');

  return mongoReader({
    ...{ source: own, pageSize, where: 'Task' },
    open: () => openMongo({ url: mongo.url }, 10_000, async () => ({ open: driverOpen })),
  });
}

const memory = () => new MemoryTarget((value) => String((value as { _id: unknown })._id));

/** Documents of one number each, in the order of their dates: three of each moment. */
const dated = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ _id: count - n, n, at: new Date(1_700_000_000_000 + Math.floor(n / 3)) }));

test('every document arrives once, wherever the process dies: by id, or by what grows', async () => {
  await mongo.collection('orders').insertMany(dated(40) as never[]);
  const increments = [undefined, { field: 'at', boundary: 'closed', overlap: 0 } as const];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...increments),
      fc.integer({ min: 3, max: 20 }),
      KILLS,
      async (increment, size, kills) => {
        const target = memory();
        target.kills = kills;

        const { end, counts } = await target.run(() => readerOf({ ...(increment && { increment }) }, size));

        expect(end.kind).toBe('succeeded');
        expect(target.rows.size).toBe(40);
        expect(counts).toMatchObject({ read: 40, written: 40, rejected: 0 });
      },
    ),
    { numRuns: 4 },
  );
}, 60_000);

test('values keep their types and all their digits, and fields are found by them', async () => {
  const id = new ObjectId('65f0a1b2c3d4e5f60718293a');
  await mongo.collection('orders').insertOne({
    _id: id,
    text: 'é中😀',
    int: new Int32(7),
    long: Long.fromString('9007199254740993'),
    double: new Double(1.5),
    whole: new Double(3),
    decimal: Decimal128.fromString('12345678901234567890.10'),
    date: new Date('2026-11-01T08:30:00.125Z'),
    flag: true,
    nothing: null,
    uuid: new BSON.UUID('7b8fd3c2-1f07-4c9b-9a63-3d2a1e2b4c5d'),
    bytes: new Binary(Buffer.from([1, 2, 255])),
    nested: { list: [new Int32(1), { big: Long.fromString('9007199254740993') }], at: new Date(0) },
  });
  const target = memory();
  const looking = readerOf();
  const fields = await looking.fields().finally(() => looking.close());

  await target.run(() => readerOf());

  expect(JSON.stringify([...target.rows.values()])).toBe(
    '[{"_id":"65f0a1b2c3d4e5f60718293a","text":"é中😀","int":7,"long":9007199254740993,"double":1.5,"whole":3,' +
      '"decimal":12345678901234567890.10,"date":"2026-11-01T08:30:00.125Z","flag":true,"nothing":null,' +
      '"uuid":"7b8fd3c2-1f07-4c9b-9a63-3d2a1e2b4c5d","bytes":"AQL/","nested":{"list":[1,{"big":9007199254740993}],"at":"1970-01-01T00:00:00.000Z"}}]',
  );
  expect(Object.fromEntries((fields ?? []).map(({ name, type }) => [name, type]))).toEqual({
    ...{ _id: 'string', text: 'string', int: 'integer', long: 'integer', double: 'number', whole: 'number' },
    ...{ decimal: 'number', date: 'datetime', flag: 'boolean', nothing: 'string', uuid: 'string', bytes: 'string' },
    nested: 'json',
  });
});

test('fields are read by their full paths, of those a filter chooses, and nothing else is asked for', async () => {
  await mongo.collection('orders').insertMany([
    { _id: 1, state: 'paid', customer: { name: 'Ann', address: { city: 'Ulm' } }, items: [{ sku: 'A' }], secret: 'x' },
    { _id: 2, state: 'draft' },
    { _id: 3, state: 'paid' },
  ] as never[]);
  const fields = ['customer.name', 'customer.address.city', 'customer', 'items[0].sku'].map((path, at) => ({
    ...{ alias: `f${at}`, type: path === 'customer' ? ('json' as const) : ('string' as const), path },
  }));
  const reader = readerOf({ filter: { state: { $ne: 'draft' } }, fields });

  const page = await reader.read(await reader.begin(null), 10_000);
  await reader.close();

  expect(page.records.map(({ position, value }) => [position, value])).toEqual([
    ['_id=1', { _id: 1, customer: { name: 'Ann', address: { city: 'Ulm' } }, items: [{ sku: 'A' }] }],
    ['_id=3', { _id: 3 }],
  ]);
});

type Kind = readonly [string, (n: number) => unknown, number, string];
const KINDS: readonly Kind[] = [
  ['a date', (n) => new Date(1_700_000_000_000 + n * 1000), 2, '2023-11-14T22:13:25Z'],
  ['an ObjectId', (n) => new ObjectId((1_700_000_000 + n).toString(16).padEnd(24, 'a')), 2, '2023-11-14T22:13:25Z'],
  ['a number', (n) => n, 2, '5'],
  ['a large number', (n) => Long.fromNumber(n), 2, '5'],
];

test.each(KINDS)(
  'what grows is %s: only what is new is read, with what equals the last, or an overlap',
  async (_kind, growing, overlap, initial) => {
    const collection = mongo.collection('orders');
    await collection.insertMany([0, 1, 5, 6, 10].map((n) => ({ _id: n, g: growing(n) })) as never[]);
    await collection.insertOne({ _id: 99, g: null } as never);
    let mark: Checkpoint = null;
    const idsOf = async (increment: Partial<NonNullable<MongoSource['increment']>>) => {
      const reader = readerOf({ increment: { field: 'g', boundary: 'closed', overlap: 0, ...increment } });
      const begun = await reader.begin(mark);
      const page = await reader.read(begun, 10_000);
      mark = JSON.parse(JSON.stringify(reader.markOf(page.after(page.records.length))));
      await reader.close();

      return [page.isRepeated, ...page.records.map(({ value }) => (value as { _id: number })._id)];
    };

    expect(await idsOf({ initial })).toEqual([false, 5, 6, 10]);
    await collection.insertMany([
      { _id: 11, g: growing(10) },
      { _id: 12, g: growing(12) },
      { _id: 13, g: growing(9) },
    ] as never[]);
    expect(await idsOf({})).toEqual([true, 10, 11, 12]);
    await collection.insertOne({ _id: 14, g: growing(13) } as never);
    expect(await idsOf({ boundary: 'open' })).toEqual([true, 14]);
    expect(await idsOf({ overlap: overlap + 1 })).toEqual([true, 10, 11, 12, 14]);
  },
);

test('ids, or growing values, of two kinds are refused by name: a comparison would not find all of them', async () => {
  await mongo.collection('orders').insertMany([
    { _id: 1, g: 1 },
    { _id: 2, g: new Date() },
  ] as never[]);
  const growing = readerOf({ increment: { field: 'g', boundary: 'open', overlap: 0 } });
  await expect(growing.begin(null)).rejects.toThrow(
    'source.increment.field: received "g, with a value of the kind number',
  );
  await growing.close();
  await mongo.collection('orders').insertOne({ _id: 'three' } as never);
  const mixed = readerOf();
  await expect(mixed.begin(null)).rejects.toThrow('an _id of the kind number and another of the kind string');
  await mixed.close();
  const chosen = readerOf({ filter: { _id: { $type: 'string' } } });

  const page = await chosen.read(await chosen.begin(null), 10_000);

  expect(page.records).toHaveLength(1);
  await chosen.close();
});

test('an empty collection is no run', async () => {
  const reader = readerOf();

  expect(await reader.fields()).toBeUndefined();
  await reader.close();
});

test.each<readonly [string, Partial<MongoSource>]>([
  ['collection', { collection: 'a$b' }],
  ['collection', { collection: 'system.users' }],
  ['filter', { filter: { $where: 'sleep(1000)' } }],
  ['filter', { filter: { $expr: { $function: { body: 'x' } } } }],
  ['increment.field', { increment: { field: 'items[0].at', boundary: 'open', overlap: 0 } }],
  ['increment.overlap', { increment: { field: 'at', boundary: 'open', overlap: -1 } }],
  ['fields', { fields: [] }],
])('a %s like this is refused by name: %j', (setting, source) => {
  expect(() => readerOf(source)).toThrow(`source.${setting}`);
});
