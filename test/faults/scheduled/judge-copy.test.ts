import { expect, test } from '@jest/globals';
import { type Evidence, judgeCopy } from './judge-copy.ts';
import type { Truth } from './scene.ts';

const truth: Truth = {
  rows: new Map([
    [1, 'one'],
    [2, 'two'],
  ]),
  touched: new Map([
    [1, 1],
    [2, 2],
  ]),
  rejected: [7],
};
const kept: Evidence = {
  rows: [
    { id: 2, name: 'two' },
    { id: 1, name: 'one' },
  ],
  touched: [1, 2, 2],
  rejected: [7],
  report: { end: 'succeeded', read: 4, written: 2, unchanged: 1, rejected: 1 },
};

test('nothing is found where everything is as it has to be', () => {
  expect(judgeCopy(truth, kept)).toEqual([]);
});

test.each<[string, Partial<Evidence>, string]>([
  ['lost', { rows: kept.rows.slice(1) }, 'row 2 is there 0 times'],
  ['doubled', { rows: [...kept.rows, ...kept.rows.slice(1)] }, 'row 1 is there 2 times'],
  ['another row', { rows: [...kept.rows, { id: 3, name: 'three' }] }, 'row 3 is "three", and not undefined'],
  ['an old row', { rows: [{ id: 2, name: 'old' }, ...kept.rows.slice(1)] }, 'row 2 is "old", and not "two"'],
  ['written again', { touched: [1, 1, 2, 2] }, 'row 1 is written 2 times in place of 1'],
  ['never changed', { touched: [1, 2] }, 'row 2 is written 1 times in place of 2'],
  ['silently skipped', { rejected: [] }, 'row 7 is in the quarantine 0 times in place of 1'],
  ['quarantined twice', { rejected: [7, 7] }, 'row 7 is in the quarantine 2 times in place of 1'],
  ['without an end', { report: { ...kept.report, end: 'failed', message: 'away' } }, 'the run ended as failed away'],
  ['miscounted', { report: { ...kept.report, read: 5 } }, 'read 5 is not written 2 + unchanged 1 + rejected 1'],
])('a row %s is found', (_what, difference, finding) => {
  expect(judgeCopy(truth, { ...kept, ...difference })).toEqual([finding]);
});
