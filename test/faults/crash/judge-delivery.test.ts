import { expect, test } from '@jest/globals';
import { type Delivered, findingsIn } from './judge-delivery.ts';
import type { SentMessage } from './messages.ts';

const SENT: readonly SentMessage[] = [
  { n: 1, key: 'a' },
  { n: 2, key: 'b' },
  { n: 3, key: 'a', fault: 'malformed' },
  { n: 4, key: 'b' },
  { n: 5, key: 'a' },
];
const RIGHT: Delivered = {
  history: [2, 4, 1, 5],
  state: new Map([
    ['a', 5],
    ['b', 4],
  ]),
  quarantine: [3],
  written: 4,
  quarantined: 1,
};

test('each message once, in the order of its key and counted, is what is wanted', () => {
  expect(findingsIn(SENT, RIGHT, 'history')).toEqual([]);
  expect(findingsIn(SENT, RIGHT, 'state')).toEqual([]);
});

test.each<[string, 'history' | 'state', Partial<Delivered>, RegExp]>([
  ['a lost row', 'history', { history: [2, 1, 5] }, /^not in the table: 4$/],
  ['a row written twice', 'history', { history: [2, 4, 1, 5, 4] }, /^more than once in the table: 4$/],
  [
    'a bad message in the table',
    'history',
    { history: [2, 4, 1, 3, 5] },
    /^in the table, where it does not belong: 3$/,
  ],
  ['a row behind a later one of its key', 'history', { history: [4, 2, 1, 5] }, /^behind a later one of its key: 2$/],
  ['a bad message that is nowhere', 'history', { quarantine: [] }, /^not in quarantine: 3$/],
  ['a bad message set aside twice', 'state', { quarantine: [3, 3] }, /^more than once in quarantine: 3$/],
  ['a good message set aside', 'state', { quarantine: [3, 4] }, /^in quarantine, where it does not belong: 4$/],
  [
    'an old state',
    'state',
    {
      state: new Map([
        ['a', 1],
        ['b', 4],
      ]),
    },
    /^the last of a is 5, not 1$/,
  ],
  ['a state that is missing', 'state', { state: new Map([['a', 5]]) }, /^the last of b is 4, not nothing$/],
  [
    'a key that nobody sent',
    'state',
    {
      state: new Map([
        ['a', 5],
        ['b', 4],
        ['c', 1],
      ]),
    },
    /^c was never sent$/,
  ],
  ['a count too many', 'state', { written: 5 }, /^counted 5 written and 1 quarantined, of 4 and 1$/],
  ['a count too few', 'history', { quarantined: 0 }, /^counted 4 written and 0 quarantined, of 4 and 1$/],
])('%s is found', (_, table, change, finding) => {
  expect(findingsIn(SENT, { ...RIGHT, ...change }, table)).toEqual([expect.stringMatching(finding)]);
});
