import { expect, test } from '@jest/globals';
import { compileExpression } from '../../../core/fdi/expression.ts';
import { exactNumber } from '../../../core/fdi/json.ts';
import { Rejection } from '../../../core/fdi/rejection.ts';
import { checkScheduledTask, type ScheduledTask } from '../../../core/fdi/run-definition.ts';
import { type HttpTarget, httpOutlet } from '../../../core/fdi/run-http-target.ts';
import type { SourceField, SourceRecord } from '../../../core/fdi/run-ports.ts';
import type { ColumnMapping } from '../../../core/fdi/topic-task.ts';

const TARGET: HttpTarget = {
  ...{ kind: 'http', place: 'erp.example.com', method: 'POST', path: '/orders', headers: {}, auth: { kind: 'none' } },
  ...{ hasBody: true, success: [[200, 299]], timeoutSeconds: 30 },
};
const FIELDS: readonly SourceField[] = [
  { name: 'Id', type: 'integer', path: ['Id'] },
  { name: 'Price', type: 'number', path: ['Price'] },
  { name: 'At', type: 'datetime', path: ['At'] },
  { name: 'Lines', type: 'json', path: ['Lines'] },
];

function taskOf(mapping: ScheduledTask['mapping'], target: ScheduledTask['target'] = TARGET): ScheduledTask {
  return {
    ...{ name: 'Out', source: { kind: 'database', place: 'platform', table: 'Rows', timeZone: 'UTC' }, target },
    ...{ mapping, overlap: 'skip', after: [], pageSize: 100 },
  };
}

async function bodies(mapping: readonly ColumnMapping[], ...values: readonly Record<string, unknown>[]) {
  const task = taskOf(mapping);
  checkScheduledTask(task, task.name);
  const ports = { ask: fail, pause: fail, random: Math.random, now: () => 0 };
  const { read, compute } = httpOutlet(task, TARGET, ports, compileExpression).plan(FIELDS, 'run');
  const records: readonly SourceRecord[] = values.map((value, at) => ({ value, position: `#${at}` }));
  await compute?.(records);

  return records.map((record) => {
    const row = read(record);

    return row instanceof Rejection ? `${row.code}: ${row.reason}` : row.text;
  });
}

async function fail(): Promise<never> {
  throw new RangeError('nothing is sent');
}

test('an expression sees the fields of its record by name, as they would be sent, and lies where its name says', async () => {
  const mapping: readonly ColumnMapping[] = [
    { column: 'order.id', from: 'Id' },
    { column: 'order.total', expression: '$sum(Lines.(price * count)) + Price' },
    { column: 'order.day', expression: '$substringBefore(At, "T")' },
    { column: 'skus', expression: 'Lines.sku[]' },
    { column: 'none', expression: 'Nowhere.at.all' },
  ];

  expect(
    await bodies(mapping, {
      ...{ Id: 7, Price: '2.50', At: '2026-11-24 08:30:00' },
      Lines: '[{"sku":"a","price":3,"count":2},{"sku":"b","price":1.5,"count":1}]',
    }),
  ).toEqual(['{"order":{"id":7,"total":10,"day":"2026-11-24"},"skus":["a","b"],"none":null}']);
});

test('digits that JavaScript does not hold are a text for expressions, and stay what they are elsewhere', async () => {
  const mapping: readonly ColumnMapping[] = [
    { column: 'id', from: 'Id' },
    { column: 'label', expression: '"no. " & Id' },
  ];

  expect(await bodies(mapping, { Id: exactNumber('12345678901234567890') })).toEqual([
    '{"id":12345678901234567890,"label":"no. 12345678901234567890"}',
  ]);
});

test('a record that an expression has no value for is rejected with the reason, and the others are not', async () => {
  const mapping: readonly ColumnMapping[] = [{ column: 'twice', expression: 'Price * 2' }];

  expect(await bodies(mapping, { Price: 1 }, { Price: 'cheap' }, { Price: 2 })).toEqual([
    '{"twice":2}',
    expect.stringMatching(/^expression: twice: .*Price \* 2.* has no value here: .*cheap/),
    '{"twice":4}',
  ]);
  // What cannot be read is no fault of an expression that does not ask for it.
  expect(await bodies([{ column: 'id', expression: 'Id + 1' }], { Id: 1, At: 'yesterday' })).toEqual(['{"id":2}']);
});

test('what an expression answers that JSON does not know is rejected', async () => {
  expect(await bodies([{ column: 'f', expression: 'function($x){$x}' }], { Id: 1 })).toEqual([
    'expression: f: it answers a function, which is no value',
  ]);
});

test('expressions are of bodies for APIs, and members go together', () => {
  const check = (mapping: readonly ColumnMapping[], target?: ScheduledTask['target']) => () =>
    checkScheduledTask(taskOf(mapping, target), 'Out');
  const topic = { kind: 'topic', topic: 'orders', keys: [], filterFields: [], app: 'app' } as unknown;

  expect(check([{ column: 'a', expression: 'Id' }], topic as ScheduledTask['target'])).toThrow(
    'expressions are of bodies for HTTP APIs',
  );
  expect(
    check([
      { column: 'a', from: 'Id' },
      { column: 'a.b', from: 'Id' },
    ]),
  ).toThrow('Out: mapping[a.b]: received "a.b"; allowed: no name that another one lies in');
});
