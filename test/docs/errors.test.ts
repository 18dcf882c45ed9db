import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { catalogue, publicCode } from '../../core/errors.ts';
import { REFUSALS } from '../acceptance/refusals.ts';

const DOCUMENT = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
/** The gateway's default response keeps the status of what it stands for. */
const GATEWAYS_OWN = ['414 APIC.0201 Bad request.'];

/** Of the tables of APIs and of the management API. */
const ROWS = [
  ...DOCUMENT.matchAll(/^\| (\d{3}) \| `([A-Z]+\.\d{4})` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm),
].map(([, status = '', code = '', message = '', when = '', toDo = '', shown = '']) => ({
  ...{ status: Number(status), code, message, when, toDo, shown },
  words: `${status} ${code} ${message}`,
}));
const CATALOGUE = catalogue().map(({ code, status, message }) => `${status} ${publicCode(code)} ${message}`);

test('every code of the catalogue is documented with its status and its message', () => {
  expect(CATALOGUE.filter((words) => !ROWS.some((row) => row.words === words))).toEqual([]);
});

test('no other code, status or message is documented', () => {
  expect(ROWS.map(({ words }) => words).filter((words) => ![...CATALOGUE, ...GATEWAYS_OWN].includes(words))).toEqual(
    [],
  );
});

test('what is said to be called is called by the acceptance test, and nothing else is', () => {
  const called = ROWS.filter(({ shown }) => shown === 'called').map(({ status, code, when }) => [status, code, when]);
  const sorted = (rows: readonly (readonly unknown[])[]) => rows.map((row) => row.join(' ')).sort();

  expect(sorted(called)).toEqual(sorted(REFUSALS));
});

test('each row says when, what to do, and where it cannot be met, why', () => {
  for (const { when, toDo, shown } of ROWS) {
    expect(when.length).toBeGreaterThan(10);
    expect(toDo.length).toBeGreaterThan(5);
    expect(shown === 'called' || shown.length > 30).toBe(true);
  }
});

test('a code of the reference is either answered or said not to be', () => {
  const not = [...(DOCUMENT.split('## What the reference')[1] ?? '').matchAll(/`(APIC\.\d{4})`/g)];
  const absent = new Set(not.map(([, code]) => code as string).filter((code) => !ANSWERED_IN_TEXT.includes(code)));
  const answered = new Set(catalogue().map(({ code }) => publicCode(code)));

  expect(REFERENCE.filter((code) => absent.has(code) === answered.has(code))).toEqual([]);
});

/** Named in the last table as what stands in for another. */
const ANSWERED_IN_TEXT = ['APIC.0106', 'APIC.0201', 'APIC.0303', 'APIC.0306', 'APIC.0601'];
/** Every code the reference system has (apic-ug-190215096, roma_03_2128). */
const REFERENCE = [
  ...['0101', '0103', '0104', '0105', '0106', '0201', '0202', '0203', '0204', '0301', '0302', '0303', '0304', '0305'],
  ...['0306', '0307', '0308', '0310', '0311', '0401', '0402', '0404', '0501', '0502', '0601', '0602', '0605', '0606'],
  ...['0607', '0608', '0609', '0610', '0611', '0612', '0613', '0705', '0802', '1009'],
].map((number) => `APIC.${number}`);
