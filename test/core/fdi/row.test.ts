import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planTask } from '../../../core/fdi/plan.ts';
import { Rejection } from '../../../core/fdi/rejection.ts';
import { readRecords } from '../../../core/fdi/row.ts';
import { record } from './stream-records.ts';
import { type Changes, column, EVENT_TIME, task } from './tasks.ts';

const COLUMNS = [
  column('deviceId', { nullable: true }),
  column('status', { nullable: true }),
  { ...EVENT_TIME, optional: true },
];
const DEVICE = [{ alias: 'deviceId', type: 'string' as const, path: 'data.deviceId' }];

function read(changes: Changes, payload: unknown, columns = COLUMNS): unknown {
  const { outcome } = planTask(
    task(changes),
    columns.map((one) => ({ ...one, optional: true })),
  ).read(record(7, payload));

  return outcome instanceof Rejection ? [outcome.code, outcome.reason] : outcome;
}

test.each<[string, Changes, unknown, unknown]>([
  ['a field of the payload', {}, { deviceId: 'a', status: '1' }, ['a', '1']],
  ['a field that is absent, or null', {}, { status: null }, [null, null]],
  [
    'fields of the device, and the whole view',
    {
      source: {
        metadata: [
          { alias: 'deviceId', type: 'string', path: 'clientId' },
          { alias: 'status', type: 'json', path: '$' },
        ],
      },
    },
    { a: 1 },
    [
      'client-7',
      '{"data":{"a":1},"productId":"product","deviceId":"device","clientId":"client-7","eventTime":7,"traceId":"trace-7"}',
    ],
  ],
  [
    'a path from a root field',
    { source: { rootField: 'data.list[1]', metadata: [{ alias: 'deviceId', type: 'string', path: 'id' }] } },
    { list: [0, { id: 'x' }] },
    ['x'],
  ],
  [
    'the payload itself, with device info off',
    { source: { deviceInfo: false, metadata: [{ alias: 'deviceId', type: 'string', path: '[0]' }] } },
    ['first'],
    ['first'],
  ],
  [
    'the base64 text, with base64 on',
    { source: { base64: true, metadata: [{ alias: 'deviceId', type: 'string', path: 'data' }] } },
    'hi',
    ['aGk='],
  ],
  ['a path into base64 text finds nothing', { source: { base64: true, metadata: DEVICE } }, { deviceId: 'a' }, [null]],
  [
    'the whole message as it came',
    { source: { parse: false, deviceInfo: false, metadata: [{ alias: 'deviceId', type: 'string', path: '$' }] } },
    ' {not json} ',
    [' {not json} '],
  ],
  [
    'the whole message as base64',
    {
      source: {
        parse: false,
        deviceInfo: false,
        base64: true,
        metadata: [{ alias: 'deviceId', type: 'string', path: '$' }],
      },
    },
    'hi',
    ['aGk='],
  ],
  [
    'the whole message as JSON',
    { source: { parse: false, deviceInfo: false, metadata: [{ alias: 'deviceId', type: 'json', path: '$' }] } },
    '{ "a" : 1 }',
    ['{"a":1}'],
  ],
  [
    'the whole message with its device',
    { source: { parse: false, base64: true, metadata: [{ alias: 'status', type: 'json', path: '$' }] } },
    'hi',
    [
      '{"data":"aGk=","productId":"product","deviceId":"device","clientId":"client-7","eventTime":7,"traceId":"trace-7"}',
    ],
  ],
  ['the event time', { target: { eventTimeColumn: 'EventTime' } }, {}, [null, null, '1970-01-01 00:00:00.007']],
])('reads %s', (_, changes, payload, cells) => {
  const wide = COLUMNS.map((one) => (one.kind === 'text' ? { ...one, type: 'text', length: 65_535 } : one));

  expect(read(changes, payload, wide)).toEqual(cells);
});

test.each<[string, Changes, unknown, string, string]>([
  ['bytes that are no text', {}, Buffer.from([0xff]), 'encoding', 'the payload is not UTF-8'],
  ['text that is no JSON', {}, '{', 'syntax', 'the payload is not JSON'],
  ['a value that does not fit', {}, { deviceId: 'x'.repeat(65) }, 'length', 'deviceId: 65 characters are too long'],
  ['a value of another type', {}, { deviceId: {} }, 'type', 'deviceId: {} is not text'],
])('rejects %s', (_, changes, payload, code, reason) => {
  expect(read(changes, payload)).toEqual([code, expect.stringContaining(reason)]);
});

test('a message without a value that its column needs is rejected', () => {
  const columns = [column('deviceId'), column('status')];

  expect(read({}, { deviceId: 'a' }, columns)).toEqual(['missing', 'status: the message has no data.status']);
});

test('JSON nested beyond what can be written again is rejected, and stops nothing', () => {
  const metadata = [{ alias: 'deviceId', type: 'json' as const, path: '$' }];

  expect(read({ source: { metadata } }, '['.repeat(60_000) + ']'.repeat(60_000))).toEqual([
    'syntax',
    expect.stringContaining('the message cannot be read'),
  ]);
});

test('whatever the payload is, reading it gives cells or a rejection', async () => {
  const plan = planTask(task(), COLUMNS);
  const payloads = fc.oneof(
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.json(),
    fc.string(),
    fc.object(),
  );

  await fc.assert(
    fc.asyncProperty(fc.array(payloads, { maxLength: 30 }), async (list) => {
      const records = list.map((payload, at) => record(at, payload));
      const entries = await readRecords(records, plan);

      expect(entries.map((entry) => entry.record)).toEqual(records);
      expect(entries.every(({ outcome }) => outcome instanceof Rejection || outcome.length === 2)).toBe(true);
    }),
  );
});
