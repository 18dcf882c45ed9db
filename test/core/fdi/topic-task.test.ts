import { expect, test } from '@jest/globals';
import { checkRealtimeTask } from '../../../core/fdi/feed-task.ts';
import { checkTopicTask, foldedName, type TopicTask } from '../../../core/fdi/topic-task.ts';
import { type Changes, task } from './tasks.ts';

test('a task with every setting is accepted', () => {
  const whole = task({
    source: { rootField: 'data.reading', timeZone: 'Europe/Berlin' },
    target: {
      write: 'upsert',
      keys: ['DeviceId'],
      eventTimeColumn: 'EventTime',
      sequenceColumn: 'Seq',
      batchNumberColumn: 'BatchNo',
    },
    mapping: [
      { column: 'DeviceId', from: 'deviceId' },
      { column: 'Status', constant: '0' },
    ],
  });

  expect(() => checkTopicTask(whole, 'Parking')).not.toThrow();
});

test.each<[string, Changes, string]>([
  ['a short name', { name: 'ab' }, 'Parking: name: received "ab"; allowed: 3 to 100 letters'],
  ['a name that begins with a dot', { name: '.abc' }, 'Parking: name'],
  ['another delivery', { delivery: 'exactly-once' as TopicTask['delivery'] }, 'Parking: delivery'],
  ['no topic', { source: { topic: '' } }, 'Parking: source.topic'],
  ['a data type that is none', { source: { dataType: 'CSV' as 'JSON' } }, 'Parking: source.dataType'],
  ['JSON read from base64', { source: { base64: true, deviceInfo: false } }, 'base64 text, not JSON'],
  ['an unknown time zone', { source: { timeZone: 'Mars/Olympus' } }, 'Parking: source.timeZone'],
  ['no fields', { source: { metadata: [] } }, 'at least one field'],
  [
    'two fields of a whole message',
    { source: { parse: false } },
    'exactly one field and no root field when parse is off',
  ],
  ['a root field that is no path', { source: { rootField: 'a..b' } }, 'Parking: source.rootField'],
  [
    'an alias without a name',
    { source: { metadata: [{ alias: ' ', type: 'string', path: 'a' }] } },
    'metadata: alias: received " "',
  ],
  [
    'two aliases that are one name',
    {
      source: {
        metadata: [
          { alias: 'deviceId', type: 'string', path: 'a' },
          { alias: 'DEVICE_ID', type: 'string', path: 'b' },
        ],
      },
    },
    'it equals `deviceId` without regard to case',
  ],
  [
    'an unknown type',
    { source: { metadata: [{ alias: 'a', type: 'text' as 'string', path: 'a' }] } },
    'metadata[a]: type',
  ],
  ['a field that is no path', { source: { metadata: [{ alias: 'a', type: 'string', path: '' }] } }, '[a]: path'],
  ['a table of another schema', { target: { table: 'other.t' } }, 'Parking: target.table'],
  ['another way to write', { target: { write: 'replace' as 'insert' } }, 'Parking: target.write'],
  ['an upsert without keys', { target: { write: 'upsert' } }, 'at least one column for an upsert'],
  ['a column that is no name', { target: { batchNumberColumn: 'a b' } }, 'target.batchNumberColumn'],
  [
    'one column for two purposes',
    { target: { eventTimeColumn: 'at', sequenceColumn: 'AT' } },
    'sequenceColumn names it too',
  ],
  [
    'a key that the batch number fills',
    { target: { write: 'upsert', keys: ['BatchNo'], batchNumberColumn: 'batchno' } },
    'batchNumberColumn names it',
  ],
  [
    'a sequence number that guards nothing',
    { target: { write: 'upsert', keys: ['DeviceId'], sequenceColumn: 'Seq' } },
    'an eventTimeColumn beside it',
  ],
  ['an empty mapping', { mapping: [] }, 'Parking: mapping: received []'],
  ['a mapping of an unknown alias', { mapping: [{ column: 'a', from: 'b' }] }, 'allowed: `deviceId`, `status`'],
  [
    'a column mapped twice',
    {
      mapping: [
        { column: 'DeviceId', from: 'deviceId' },
        { column: 'device_id', from: 'status' },
      ],
    },
    'each column once',
  ],
  [
    'a mapping of the batch number',
    { target: { batchNumberColumn: 'BatchNo' }, mapping: [{ column: 'BatchNo', from: 'status' }] },
    'no mapping of its own: batchNumberColumn fills it',
  ],
])('%s is refused by name', (_, changes, message) => {
  expect(() => checkTopicTask(task(changes), 'Parking')).toThrow(message);
});

test.each(['device_id', 'DeviceId', 'deviceID', 'DEVICE_ID'])('%s is the same name without case and _', (name) => {
  expect(foldedName(name)).toBe('deviceid');
});

test('lanes are for the database in which positions are kept per key', () => {
  const elsewhere = {
    ...({ kind: 'database', place: 'external', table: 'Rows', write: 'insert', keys: [], onlyChanged: false } as const),
  };

  expect(() => checkRealtimeTask({ ...task(), parallelization: 10 }, 'Lot')).not.toThrow();
  expect(() => checkRealtimeTask({ ...task(), target: elsewhere }, 'Lot')).not.toThrow();
  expect(() => checkRealtimeTask({ ...task(), target: elsewhere, parallelization: 2 }, 'Lot')).toThrow(
    'Lot: parallelization: received 2; allowed: 1',
  );
});
