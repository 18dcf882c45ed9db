import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { RESOURCES } from '../../../local/resources/index.ts';
import { INERT } from '../../../local/template/inert.ts';

const DOCUMENT = new URL('../../../docs/local-differences.md', import.meta.url);

/** Rows of a Markdown table whose first cell is a type in backquotes. */
function rows(): Record<string, string> {
  const found = readFileSync(DOCUMENT, 'utf8').matchAll(/^\| `(\w+::[\w:]+)` \| (.+) \|$/gm);

  return Object.fromEntries([...found].map(([, type, reason]) => [type, reason]));
}

test('docs/local-differences.md lists the inert types with the reasons the runtime has', () => {
  expect(rows()).toEqual(INERT);
});

test('no type is both inert and run', () => {
  expect(RESOURCES.map(({ type }) => type).filter((type) => type in INERT)).toEqual([]);
});

test('no type is run twice', () => {
  const types = RESOURCES.map(({ type }) => type);

  expect(types.filter((type, index) => types.indexOf(type) !== index)).toEqual([]);
});
