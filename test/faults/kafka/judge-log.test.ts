import { expect, test } from '@jest/globals';
import { judgeLog } from './judge-log.ts';

const topic = [0, 1, 2, 3].map((n) => ({ n, offset: Math.floor(n / 2) }));
const judged = (rows: readonly (readonly [n: number, offset: number])[]) =>
  judgeLog(
    topic,
    rows.map(([n, offset]) => ({ n, offset })),
    (n) => n % 2,
  );

test('what the topic holds, each once and each partition in order, is as it should be', () => {
  expect(
    judged([
      [1, 0],
      [0, 0],
      [2, 1],
      [3, 1],
    ]),
  ).toEqual([]);
});

test.each([
  [
    'lost',
    [
      [0, 0],
      [1, 0],
      [2, 1],
    ],
    ['1 in the topic and not in the table: 1@1'],
  ],
  [
    'doubled',
    [
      [0, 0],
      [1, 0],
      [2, 1],
      [3, 1],
      [3, 1],
    ],
    ['1 in the table more than once: 1@1'],
  ],
  [
    'made up',
    [
      [0, 0],
      [1, 0],
      [2, 1],
      [3, 1],
      [9, 2],
    ],
    ['1 in the table and not in the topic: 1@2'],
  ],
  [
    'out of order',
    [
      [2, 1],
      [0, 0],
      [1, 0],
      [3, 1],
    ],
    ['1 behind a later record of its partition: 0@0'],
  ],
  [
    'changed',
    [
      [0, 0],
      [1, 0],
      [2, 1],
      [5, 1],
    ],
    ['1 with what another record holds: 1@1'],
  ],
] as const)('a record that is %s is found', (_, rows, findings) => {
  expect(judged(rows)).toEqual(findings);
});
