import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { scriptClasses } from '../../lib/apic/script-library.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/scripts.md'), 'utf8');
/** What JavaScript has by itself is not the page's to say. */
const NATIVE = new Set([Object, String.prototype, Array.prototype, Error.prototype, Math].flatMap(namesOf));
/** Of what methods answer, not of the class. */
const OF_ANSWERS = new Set('code message isSuccessful header headers body string bytes'.split(' '));

const documented = new Map(rowsOf(PAGE).flatMap(({ paths, text }) => paths.map((path) => [path, text] as const)));
const classes = scriptClasses();

test('every class of scripts is a row of the page, and every row is one', () => {
  expect([...documented.keys()].sort()).toEqual([...classes.keys()].sort());
});

test.each([...classes.keys()])('what %s can do is on the page', (path) => {
  const { statics = [], methods = [] } = classes.get(path) ?? {};
  const members = [...statics, ...methods];
  const words = new Set(textOf(path).match(/\w+/g));
  const missing = members.filter((name) => !words.has(name) && !words.has(fieldOf(name, members)) && !NATIVE.has(name));

  expect(missing).toEqual([]);
});

test.each([...documented.keys()])('what the page says %s can do, it can', (path) => {
  const { statics = [], methods = [] } = classes.get(path) ?? {};
  const members = new Set([...statics, ...methods]);
  const called = [...textOf(path).matchAll(/`([^`]*)`/g)].flatMap(([, code = '']) =>
    path.startsWith('java.')
      ? [...code.matchAll(/^(\w+)(?:\([^)]*\))?$/g)].map(([, name]) => name as string)
      : [...code.matchAll(/\b(\w+)\(/g)].map(([, name]) => name as string),
  );
  // Every text and every error have these, so their classes have none of their own.
  const isThere = (name: string) => members.has(name) || OF_ANSWERS.has(name);

  expect(called.filter((name) => !isThere(name) && name !== 'print')).toEqual([]);
});

/** `getUrl` and `setUrl` are `url`. */
function fieldOf(member: string, members: readonly string[]): string {
  const [, name = ''] = /^[gs]et([A-Z]\w*)$/.exec(member) ?? [];

  return members.includes(`get${name}`) && members.includes(`set${name}`)
    ? name.charAt(0).toLowerCase() + name.slice(1)
    : '';
}

/** With the text of the class it is said to be like. */
function textOf(path: string): string {
  const text = documented.get(path) ?? '';
  const [, like] = /^as `(\w+)`/.exec(text) ?? [];
  const other = [...documented].find(([name]) => like !== undefined && name.endsWith(`.${like}`))?.[1];

  return `${text} ${other ?? ''}`;
}

function rowsOf(page: string): { readonly paths: readonly string[]; readonly text: string }[] {
  return [...page.matchAll(/^\| ((?:`(?:com|java)\.[\w.]+`(?:, )?)+) \| (.*) \|$/gm)].map(
    ([, paths = '', text = '']) => ({
      paths: [...paths.matchAll(/`([^`]+)`/g)].map(([, path]) => path as string),
      text,
    }),
  );
}

function namesOf(target: object): readonly string[] {
  return Object.getOwnPropertyNames(target);
}
