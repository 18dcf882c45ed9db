import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');

interface Row {
  readonly limit: string;
  readonly file: string;
  /** The name in the file's `LIMITS`; undefined where the file itself is the limit. */
  readonly constant: string | undefined;
  readonly testFile: string;
  readonly title: string;
}

type Limit = number | { readonly minimum: number; readonly maximum: number };

const rows = readRows(readFileSync(join(ROOT, 'docs/limits.md'), 'utf8'));
const constants = await readConstants();

test('every limit in the code is a row of the page, and every row that names one names one there is', () => {
  const named = rows.flatMap(({ file, constant }) => (constant === undefined ? [] : [`${file} ${constant}`]));

  expect([...named].sort()).toEqual([...constants.keys()].sort());
});

test('the numbers of the page are those of the code', () => {
  const wrong = rows.flatMap(({ file, constant, limit }) => {
    const value = constants.get(`${file} ${constant}`);
    const numbers = value === undefined ? [] : typeof value === 'number' ? [value] : [value.minimum, value.maximum];

    return numbers.filter((number) => !numbersIn(limit).includes(number)).map((number) => `${limit}: ${number}`);
  });

  expect(wrong).toEqual([]);
});

test('every file of the page exists, and every test of it is there and runs', () => {
  const missing = rows.flatMap(({ file, testFile, title }) => {
    if (!existsSync(join(ROOT, file))) return [file];
    if (!existsSync(join(ROOT, testFile))) return [testFile];

    return runs(readFileSync(join(ROOT, testFile), 'utf8'), title) ? [] : [`${testFile}: ${title}`];
  });

  expect(missing).toEqual([]);
});

function readRows(page: string): Row[] {
  return page.split('\n').flatMap((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const [, limit = '', , kept = '', shown = ''] = cells;
    const where = /^`(local\/[^`]+)`(?: (\w+))?$/.exec(kept);
    const by = /^`(test\/[^`]+)` (.+)$/.exec(shown);
    if (cells.length !== 6 || where === null || by === null) return [];

    return [{ limit, file: where[1] ?? '', constant: where[2], testFile: by[1] ?? '', title: by[2] ?? '' }];
  });
}

async function readConstants(): Promise<Map<string, Limit>> {
  const found = new Map<string, Limit>();
  for (const file of globSync('local/**/limits.ts', { cwd: ROOT })) {
    const { LIMITS } = (await import(join(ROOT, file))) as { LIMITS: Readonly<Record<string, Limit>> };
    for (const [name, value] of Object.entries(LIMITS)) found.set(`${file} ${name}`, value);
  }

  return found;
}

/** `30 to 1,200 s` → 30, 1200 */
function numbersIn(text: string): number[] {
  return [...text.matchAll(/-?\d[\d,]*/g)].map(([number]) => Number(number.replaceAll(',', '')));
}

/** Whether the title is that of a test that nobody skips; nothing of its file runs alone. */
function runs(source: string, title: string): boolean {
  const quoted = [`'${title}'`, `"${title}"`].map(escaped).join('|');
  if (/\btest\.(skip|only|todo)\b|\bdescribe\.(skip|only)\b/.test(source)) return false;

  return new RegExp(`(?:\\btest|\\]\\)|\\))\\(\\s*(?:${quoted})`).test(source);
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}
