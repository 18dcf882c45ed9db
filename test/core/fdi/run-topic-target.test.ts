import { expect, test } from '@jest/globals';
import { Rejection } from '../../../core/fdi/rejection.ts';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import type { SourceField, SourceRecord } from '../../../core/fdi/run-ports.ts';
import type { DatabaseSource } from '../../../core/fdi/run-source.ts';
import { checkTopicTarget, maskedFields, type TopicTarget, topicOutlet } from '../../../core/fdi/run-topic-target.ts';
import { decodeEnvelope, type Envelope, payloadText, readerView } from '../../../core/mqs/envelope.ts';

const FIELDS: readonly SourceField[] = (
  [
    ['Id', 'integer'],
    ['Price', 'number'],
    ['Paid', 'boolean'],
    ['Changed', 'datetime'],
    ['Doc', 'json'],
    ['Name', 'string'],
  ] as const
).map(([name, type]) => ({ name, type, path: [name] }));
const ROW = {
  Id: '9007199254740993',
  Price: '12.50',
  Paid: true,
  Changed: '2026-11-01 08:30:00.5',
  Doc: '{"plate": "AB 1", "n": 1.10}',
  Name: 'Ö "x"',
};
const TARGET: TopicTarget = {
  ...{ kind: 'topic', topic: 'Orders', app: 'Shop', partitionKey: 'device', filterFields: [], keys: [] },
};
const SOURCE: DatabaseSource = { kind: 'database', place: 'platform', table: 'Rows', timeZone: 'GMT+8' };

function taskOf(target: Partial<TopicTarget>, rest: Partial<ScheduledTask> = {}): ScheduledTask {
  return {
    ...{ name: 'Out', source: SOURCE, target: { ...TARGET, ...target }, mapping: 'by-name' },
    ...{ overlap: 'skip', after: [], pageSize: 100, ...rest },
  };
}

function planned(target: Partial<TopicTarget>, rest: Partial<ScheduledTask> = {}, run = 'run-1') {
  const task = taskOf(target, rest);
  const outlet = topicOutlet(task, task.target as TopicTarget, {
    put: async () => [],
    pause: async () => undefined,
    random: () => 0,
    newId: () => 'new',
    now: () => 1_700_000_000_000,
  });

  return outlet.plan(FIELDS, run);
}

function record(value: Record<string, unknown> = {}): SourceRecord {
  return { value: { ...ROW, ...value }, position: 'Id=1', key: '1' };
}

function message(target: Partial<TopicTarget>, rest: Partial<ScheduledTask> = {}, from = record()) {
  const row = planned(target, rest).read(from);
  if (row instanceof Rejection) {
    return row;
  }
  const envelope = decodeEnvelope(row.data.toString('base64')) as Envelope;

  return { partition: row.key, text: payloadText(envelope), envelope };
}

test('a row is an object whose values keep their types: no digit is lost, times are in UTC', () => {
  expect(message({})).toMatchObject({
    partition: '1',
    text: '{"Id":9007199254740993,"Price":12.50,"Paid":true,"Changed":"2026-11-01T00:30:00.500Z","Doc":{"plate":"AB 1","n":1.1},"Name":"Ö \\"x\\""}',
    envelope: { app: 'Shop', key: '1', deviceId: '', eventTime: 1_700_000_000_000 },
  });
});

test('a mapping names the members, their order and constants; a reader sees them as of an app', () => {
  const mapping = [
    { column: 'order-no', from: 'Id' },
    { column: 'source', constant: 'ERP' },
    { column: 'at', from: 'Changed' },
  ];
  const { envelope, text, partition } = message(
    { keys: ['order-no', 'source'], eventTimeColumn: 'at' },
    { mapping },
    record({ Id: 7 }),
  ) as { envelope: Envelope; text: string; partition: string };

  expect(partition).toBe('7,ERP');
  expect(readerView(envelope, { base64: false, deviceInfo: true }, JSON.parse(text))).toEqual({
    data: { 'order-no': 7, source: 'ERP', at: '2026-11-01T00:30:00.500Z' },
    ...{ app: 'Shop', key: '7,ERP', eventTime: Date.UTC(2026, 10, 1, 0, 30, 0, 500), traceId: envelope.traceId },
  });
});

test('NULL is null, but no key and no event time', () => {
  expect(message({}, {}, record({ Name: null }))).toMatchObject({ text: expect.stringContaining('"Name":null') });
  expect(message({ keys: ['Name'] }, {}, record({ Name: null }))).toMatchObject({ code: 'missing' });
  expect(message({ eventTimeColumn: 'Name' })).toMatchObject({ code: 'type', reason: expect.stringContaining('Name') });
});

test.each([
  [{ Id: 'x' }, 'type', 'Id: "x" is not a whole number'],
  [{ Doc: '{' }, 'syntax', 'Doc: it is not JSON'],
  [{ Name: 'x'.repeat(800_000) }, 'length', 'is too large: its payload has'],
])('what cannot be a message is rejected with its reason: %#', (value, code, reason) => {
  expect(message({}, {}, record(value))).toMatchObject({ code, reason: expect.stringContaining(reason) });
});

test('fields that the topic masks are masked before they are in any record, whatever they hold', () => {
  const target = { filterFields: ['Name', 'plate', 'Paid'], keys: ['Id'] };
  const { text } = message(target, {}, record({ Paid: 'no boolean' })) as { text: string };

  expect(JSON.parse(text)).toMatchObject({ Name: '***', Doc: { plate: '***', n: 1.1 }, Paid: '***' });
  const mapping = [{ column: 'plate', from: 'Name' }];
  expect(maskedFields(taskOf(target, { mapping }))).toEqual(['Name', 'plate', 'Paid', 'Name']);
  expect(maskedFields(taskOf({ filterFields: [] }))).toEqual([]);
});

test.each([
  [{ filterFields: ['plate'], keys: ['plate'] }, 'a key is stored as it is'],
  [{ filterFields: ['plate'] }, 'at least one field that is not masked'],
])('a key shows no masked field: %j', (target, message) => {
  expect(() => checkTopicTarget({ ...TARGET, ...target }, 'T: target')).toThrow(message);
});

test('a trace id is that of the record in its run; where a source is read again, of what it holds, in any run', () => {
  const ids = (rest: Partial<ScheduledTask>) =>
    [
      planned({}, rest).read(record()),
      planned({}, rest, 'run-2').read(record()),
      planned({}, rest).read(record({ Name: 'changed' })),
    ].map((row) => (row as { id: string }).id);
  const [one, otherRun, changed] = ids({});
  expect(one).toMatch(/^[0-9a-f]{32}$/);
  expect({ otherRun: otherRun === one, changed: changed === one }).toEqual({ otherRun: false, changed: true });

  const source: DatabaseSource = { ...SOURCE, increment: { column: 'Changed', boundary: 'closed', overlap: 0 } };
  const [first, again, other] = ids({ source });
  expect({ again: again === first, other: other === first }).toEqual({ again: true, other: false });
});

test('a name that the mapping lacks is refused', () => {
  expect(() => planned({ keys: ['Nothing'] })).toThrow('Out: target.keys: received "Nothing"');
  expect(() => planned({}, { mapping: [{ column: 'a', from: 'Nothing' }] })).toThrow('mapping[a]: from');
});
