import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { foldByKey } from '../../../core/fdi/fold.ts';
import type { MappedColumn } from '../../../core/fdi/mapping.ts';
import type { Cells } from '../../../core/fdi/row.ts';
import type { TaskTarget } from '../../../core/fdi/topic-task.ts';

const TARGET: TaskTarget = { table: 'T', write: 'upsert', keys: ['Id'], eventTimeColumn: 'At' };
const { eventTimeColumn: _, ...TIMELESS } = TARGET;

function cells(caseInsensitive = false): MappedColumn[] {
  return ['Id', 'At', 'V'].map((name) => ({
    column: { name, caseInsensitive, kind: 'text' },
    key: name === 'Id',
  })) as unknown as MappedColumn[];
}

test('where event times differ, the outcome does not depend on the order of arrival', () => {
  const times = fc.uniqueArray(fc.integer({ min: 10, max: 99 }), { maxLength: 20 });
  const rows = times.map((list): Cells[] => list.map((time, at) => [`k${at % 3}`, String(time), String(at)]));
  const shuffled = rows.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );
  const fold = foldByKey(TARGET, cells());
  fc.assert(fc.property(shuffled, ([list, other]) => expect(fold(other)).toEqual(fold(list))));
});

test('the last row of a key wins where event times are equal or there are none, and keys are sorted', () => {
  const rows: Cells[] = [
    ['b', '2', '1'],
    ['a', '5', '2'],
    ['b', '2', '3'],
    ['b', '1', '4'],
  ];

  expect(foldByKey(TARGET, cells())(rows)).toEqual([
    ['a', '5', '2'],
    ['b', '2', '3'],
  ]);
  expect(foldByKey(TIMELESS, cells())(rows)).toEqual([
    ['a', '5', '2'],
    ['b', '1', '4'],
  ]);
});

test.each([false, true])(
  'no key is left out, and keys that may be equal stay in order (case-insensitive: %p)',
  (insensitive) => {
    const rows: Cells[] = ['b', 'A', 'a ', 'a\t', 'a\u00a0', 'a', 'A'].map((key, at) => [key, '1', String(at)]);

    const folded = foldByKey(TIMELESS, cells(insensitive))(rows);

    expect(folded.map(([key]) => key).sort()).toEqual(['a', 'a ', 'a\t', 'a\u00a0', 'b', 'A'].sort());
    const maybeEqual = folded
      .filter(([key]) => (insensitive ? /^[aA]\s*$/ : /^a *$/).test(key ?? ''))
      .map(([, , at]) => at);
    expect(maybeEqual).toEqual(insensitive ? ['2', '3', '4', '5', '6'] : ['2', '5']);
  },
);
