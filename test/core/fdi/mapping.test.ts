import { expect, test } from '@jest/globals';
import { mapColumns, type TargetTable } from '../../../core/fdi/mapping.ts';
import { type Changes, column, EVENT_TIME, task } from './tasks.ts';

const COLUMNS = [
  column('Id', { kind: 'integer', type: 'bigint', optional: true }),
  column('Device_Id'),
  column('STATUS', { length: 16 }),
  { ...EVENT_TIME, nullable: true, optional: true },
  column('Seq', { nullable: true, optional: true }),
  column('BatchNo', { length: 32, nullable: true, optional: true }),
  column('Note', { nullable: true, optional: true }),
];
const TABLE: TargetTable = { columns: COLUMNS, uniqueKeys: [['Id'], ['Device_Id', 'STATUS']] };

const map = (changes: Changes, table: TargetTable = TABLE) => mapColumns(task(changes), table, 'Parking');
const summary = (changes: Changes, table?: TargetTable) =>
  Object.fromEntries(map(changes, table).map(({ column: { name }, value }) => [name, value.kind]));

test('by name, case and _ do not matter; what is not mapped is left to the table', () => {
  expect(summary({})).toEqual({ Device_Id: 'field', STATUS: 'field' });
});

test('the columns named for event time, sequence and batch number are filled', () => {
  const target = { eventTimeColumn: 'eventtime', sequenceColumn: 'Seq', batchNumberColumn: 'BatchNo' };

  expect(summary({ target })).toMatchObject({ EventTime: 'eventTime', Seq: 'sequence', BatchNo: 'batchNumber' });
});

test('an event time that the message itself carries takes precedence', () => {
  const metadata = [...task().source.metadata, { alias: 'event_time', type: 'datetime' as const, path: 'data.at' }];

  expect(summary({ source: { metadata }, target: { eventTimeColumn: 'EventTime' } })).toMatchObject({
    EventTime: 'field',
  });
});

test('by hand, columns take fields or constants', () => {
  const mapping = [
    { column: 'device_id', from: 'status' },
    { column: 'Status', from: 'deviceId' },
    { column: 'Note', constant: 'x' },
  ];

  expect(summary({ mapping })).toEqual({ Device_Id: 'field', STATUS: 'field', Note: 'constant' });
});

test('keys, guards and columns without NULL are required', () => {
  const keys = ['device_id', 'status'];
  const mapped = map({ target: { write: 'upsert', keys, eventTimeColumn: 'EventTime', batchNumberColumn: 'BatchNo' } });

  expect(mapped.map(({ column: { name }, key, required }) => [name, key, required])).toEqual([
    ['Device_Id', true, true],
    ['STATUS', true, true],
    ['EventTime', false, true],
    ['BatchNo', false, false],
  ]);
});

const without = (name: string, ...more: (typeof COLUMNS)[number][]): TargetTable => ({
  ...TABLE,
  columns: [...COLUMNS.filter((one) => one.name !== name), ...more],
});

test.each<[string, Changes, TargetTable, string]>([
  ['a table that is not there', {}, { columns: [] }, 'target.table: received "ParkingHistory"'],
  [
    'an alias without a column',
    {},
    without('STATUS'),
    'by-name mapping needs a column of this name; the table has Id, Device_Id',
  ],
  [
    'an unknown column',
    { mapping: [{ column: 'Nope', from: 'status' }] },
    TABLE,
    'mapping: received "Nope"; allowed: a column of the table',
  ],
  [
    'types that do not go together',
    {
      source: {
        metadata: [
          { alias: 'Device_Id', type: 'string', path: 'a' },
          { alias: 'status', type: 'json', path: 'b' },
        ],
      },
    },
    without('STATUS', column('STATUS', { kind: 'integer', type: 'int' })),
    'mapping[STATUS]: received "status (json)"; allowed: a type that a column of type int takes',
  ],
  [
    'a constant that does not fit',
    {
      mapping: [
        { column: 'Device_Id', from: 'deviceId' },
        { column: 'STATUS', constant: 'x'.repeat(17) },
      ],
    },
    TABLE,
    'mapping[STATUS]: received "xxxxxxxxxxxxxxxxx"; allowed: a constant that fits its column: 17 characters are too long',
  ],
  [
    'a column left without a value',
    {},
    without('', column('Zone')),
    'mapping: received "Zone"; allowed: a value for this column',
  ],
  [
    'a computed column',
    {},
    without('STATUS', column('STATUS', { generated: true, optional: true })),
    'not computed by the table',
  ],
  [
    'an event time that is text',
    { target: { eventTimeColumn: 'Note' } },
    TABLE,
    'received "Note (varchar)"; allowed: a DATETIME or TIMESTAMP',
  ],
  [
    'a short sequence column',
    { target: { sequenceColumn: 'BatchNo' } },
    TABLE,
    'a text column of at least 64 characters',
  ],
  [
    'a batch number of 14 characters',
    { target: { batchNumberColumn: 'B' } },
    without('', column('B', { length: 14, optional: true })),
    'target.batchNumberColumn: received "B (varchar, 14)"; allowed: a text column of more than 14 characters',
  ],
  [
    'a batch number that is no text',
    { target: { batchNumberColumn: 'Id' } },
    TABLE,
    'target.batchNumberColumn: received "Id (bigint, 64)"',
  ],
  [
    'a batch number that is mapped by name',
    { target: { batchNumberColumn: 'STATUS' } },
    TABLE,
    'mapping[STATUS]: received "STATUS"; allowed: no mapping of its own: batchNumberColumn fills it',
  ],
  [
    'a key without a value',
    { target: { write: 'upsert', keys: ['Note'] } },
    TABLE,
    'target.keys: received "Note"; allowed: a column that the mapping fills',
  ],
  [
    'keys that are no unique key',
    { target: { write: 'upsert', keys: ['Device_Id'] } },
    TABLE,
    'the columns of a unique key of the table: Id; Device_Id + STATUS',
  ],
  [
    'keys of a table without any',
    { target: { write: 'upsert', keys: ['Device_Id'] } },
    { ...TABLE, uniqueKeys: [] },
    'none: the table has no unique key',
  ],
])('%s is refused by name', (_, changes, table, message) => {
  expect(() => map(changes, table)).toThrow(message);
});
