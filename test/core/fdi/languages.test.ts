import { expect, test } from '@jest/globals';
import { compileExpression } from '../../../core/fdi/expression.ts';
import { planTask } from '../../../core/fdi/plan.ts';
import { Rejection } from '../../../core/fdi/rejection.ts';
import { readRecords } from '../../../core/fdi/row.ts';
import { languagesOf } from '../../../core/fdi/task-languages.ts';
import type { ColumnMapping } from '../../../core/fdi/topic-task.ts';
import { xmlParser } from '../../../core/fdi/xml-value.ts';
import { record } from './stream-records.ts';
import { column, task } from './tasks.ts';

const LANGUAGES = { xml: xmlParser, compile: compileExpression };
const ORDER = `<?xml version="1.0"?>
<order id="o-1"><customer>Ada &amp; Co</customer>
  <line sku="a"><count>2</count></line><line sku="b"><count>3</count></line>
  <note lang="en">fragile</note><single><part>x</part></single><empty/></order>`;

async function outcomes(mapping: readonly ColumnMapping[], payloads: readonly unknown[], changes = {}) {
  const columns = ['Text', 'Amount'].map((name) =>
    column(name, { nullable: true, optional: true, ...(name === 'Amount' && DECIMAL) }),
  );
  const plan = planTask(task({ ...changes, mapping }), columns, undefined, LANGUAGES);
  const entries = await readRecords(
    payloads.map((payload, n) => record(n + 1, payload)),
    plan,
  );

  return entries.map(({ outcome }) => (outcome instanceof Rejection ? [outcome.code, outcome.reason] : outcome));
}

const DECIMAL = { kind: 'decimal', type: 'decimal', length: 0, precision: 10, scale: 2 } as const;

test.each([
  ['order.customer', 'Ada & Co'],
  ['order.@id', 'o-1'],
  ['order.line[1].count', '3'],
  ['order.line[1].@sku', 'b'],
  ['order.note.#text', 'fragile'],
  ['order.single[0].part', 'x'],
  ['order.single[1].part', null],
  ['order.empty', ''],
  ['order.nothing', null],
])('of XML, %s is %j', async (path, value) => {
  const metadata = [{ alias: 'text', type: 'string' as const, path }];
  const source = { dataType: 'XML' as const, deviceInfo: false, metadata };

  expect(await outcomes([{ column: 'Text', from: 'text' }], [ORDER], { source })).toEqual([[value]]);
});

test('XML is read below `data` too, from a root field, and as numbers; what is no XML is quarantined, its neighbours are not', async () => {
  const metadata = [{ alias: 'count', type: 'integer' as const, path: 'line[0].count' }];
  const source = { dataType: 'XML' as const, rootField: 'data.order', metadata };
  const payloads = [ORDER, '<order>', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', ORDER];

  expect(await outcomes([{ column: 'Amount', from: 'count' }], payloads, { source })).toEqual([
    ['2'],
    ['syntax', expect.stringContaining('the payload is not XML')],
    ['syntax', expect.stringContaining('DOCTYPE')],
    ['2'],
  ]);
});

test('expressions compute from what a reader sees, beside fields; each by the type of its answer', async () => {
  const mapping = [
    { column: 'Text', expression: 'deviceId & ":" & (data.status = "0" ? "free" : "taken")' },
    { column: 'Amount', expression: '$round(data.price * data.count, 2)' },
  ];

  expect(await outcomes(mapping, [{ status: '0', price: 1.255, count: 2 }, { status: '1' }])).toEqual([
    ['device:free', '2.51'],
    ['device:taken', null],
  ]);
});

test('an expression that has no value for one message quarantines that one, and says why', async () => {
  const mapping = [{ column: 'Amount', expression: 'data.price * 2' }];
  const found = await outcomes(mapping, [{ price: 2 }, { price: 'dear' }, 'no JSON', { price: 3 }]);

  expect(found).toEqual([
    ['4'],
    ['expression', expect.stringMatching(/^Amount: "data\.price \* 2" has no value here: .*\(T2001, character \d+\)$/)],
    ['syntax', expect.stringContaining('not JSON')],
    ['6'],
  ]);
});

test('an expression that never ends, or that runs what came as code, has no value', async () => {
  const endless = compileExpression('($f := function($x) { $f($x + 1) + 1 }; $f(0))', 'here');
  const evil = compileExpression('$eval(data.code)', 'here');

  await expect(endless({})).rejects.toThrow('D1011');
  await expect(evil({ data: { code: '1 + 1' } })).rejects.toThrow('has no value here');
});

test('a text that is no expression is refused with its place', () => {
  expect(() => compileExpression('data.(', 'Lot/Task: mapping[Price]')).toThrow(/Lot\/Task: mapping\[Price\].*S0203/);
});

test('a task needs only the languages it uses', () => {
  expect(languagesOf(task())).toEqual([]);
  expect(languagesOf(task({ source: { dataType: 'XML' }, mapping: [{ column: 'A', expression: '1' }] }))).toEqual([
    'xml',
    'expressions',
  ]);
});
