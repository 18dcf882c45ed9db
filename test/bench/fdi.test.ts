import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fdiTable } from '../../bench/fdi/report.ts';
import { median } from '../../bench/fdi/statistics.ts';
import { COLUMNS, event, row, TASK } from '../../bench/fdi/workload.ts';
import { columnsFrom } from '../../core/fdi/column.ts';
import { planTask } from '../../core/fdi/plan.ts';
import { checkTopicTask } from '../../core/fdi/topic-task.ts';

test('the consumer reads from its events exactly the rows its peers write', () => {
  const text = { type: 'varchar', fullType: 'varchar(64)', nullable: 'NO', length: 64, charset: 'utf8mb4' };
  const columns = columnsFrom([
    ...['DeviceId', 'Status', 'BatchNo'].map((name) => ({ ...text, name })),
    { name: 'EventTime', type: 'datetime', fullType: 'datetime(3)', nullable: 'NO', fractionDigits: 3 },
  ]);
  const plan = planTask(TASK, columns);
  checkTopicTask(TASK, 'bench');

  const read = event(990, 20).Records.map((record) => plan.read(record).outcome);

  expect(plan.statement.cells.map(({ column }) => column.name)).toEqual(COLUMNS.slice(0, 3));
  expect(read).toEqual(Array.from({ length: 20 }, (_, at) => row(990 + at).slice(0, 3)));
});

test('the records of consecutive events are in the order of their sequence numbers', () => {
  const numbers = [...event(0, 50).Records, ...event(50, 50).Records].map(({ kinesis }) =>
    BigInt(kinesis.sequenceNumber),
  );

  expect(numbers).toEqual(numbers.toSorted((a, b) => (a < b ? -1 : 1)));
  expect(new Set(numbers).size).toBe(100);
});

test('half of the values lie on either side of the median', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
      const middle = median(values);

      expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2);
      expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2);
    }),
  );
});

test('the table shows every batch size and every bundle', () => {
  const batch = {
    records: 1000,
    rowsPerSecond: 50_000,
    rawRowsPerSecond: 80_000,
    naiveRowsPerSecond: 400,
    rowsPerSecondAt15ms: 12_000,
    ratioToRaw: 0.625,
    ratioToNaive: 125,
    ratioToRawAt15ms: 0.15,
    rawAt15msToRaw: 0.45,
    peakMemoryMb: 150,
  };
  const { records: _, ...numbers } = batch;
  const bundles = [{ name: 'fdi/consume-topic', bytes: 36_864, initMs: 41.4 }];

  const text = fdiTable({ ...numbers, bundles, batches: [batch, { ...batch, records: 5000, ratioToRaw: 0.7 }] });

  expect(text).toMatch(/records a batch +│ +1,000 │ +5,000/);
  expect(text).toMatch(/driver with 15 ms a call : driver +│ +0\.45/);
  expect(text).toMatch(/consumer : driver +│ +0\.63 │ +0\.70/);
  expect(text).toMatch(/fdi\/consume-topic +│ +36 │ +41/);
});
