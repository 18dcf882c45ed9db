import { expect, test } from '@jest/globals';
import { checkTypeHint, type TypeHint } from '../../../local/data-api/type-hint.ts';

const CASES: [TypeHint, string[], string[]][] = [
  ['DATE', ['2024-02-29'], ['2026-02-29', '2026-13-01', '26-01-01', '2026-01-01 00:00:00', '']],
  ['TIME', ['23:59:59', '00:00:00.123'], ['24:00:00', '1:00:00', '12:00', '12:00:00Z']],
  [
    'TIMESTAMP',
    ['2026-01-01 00:00:00', '2026-01-01 00:00:00.5'],
    ['2026-01-01T00:00:00', '2026-01-01 00:00:00Z', '2026-02-30 00:00:00'],
  ],
  ['DECIMAL', ['1', '-1.50', '.5', '1e3'], ['1,5', 'abc', '', '0x1']],
  ['JSON', ['{}', '"x"', 'null'], ['{', 'undefined', '']],
  ['UUID', ['123e4567-e89b-12d3-a456-426614174000'], ['123e4567e89b12d3a456426614174000', 'x']],
];

test.each(CASES)('%s is checked', (hint, good, bad) => {
  for (const text of good) expect(() => checkTypeHint('p', text, hint)).not.toThrow();
  for (const text of bad) expect(() => checkTypeHint('p', text, hint)).toThrow(`Parameter p: the value is no ${hint}`);
});
