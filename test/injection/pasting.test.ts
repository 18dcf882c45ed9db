import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { logLines } from '../functions/shared/log-lines.ts';
import { attack } from './attack.ts';
import { FORMS } from './forms.ts';
import { HOSTILE, HOSTILE_TEXTS } from './hostile-texts.ts';
import { type Lab, startLab } from './lab.ts';
import { PASTES, pastingTemplate } from './pasting.ts';

/** A value that must be an integer has no text to get out of its place with. */
const OPEN_FORMS = FORMS.filter(({ type }) => type !== 'integer');

let paste: (text: string) => string = PASTES.raw;
let lab: Lab;

logLines();

beforeAll(async () => {
  jest.unstable_mockModule('../../core/apic/sql-template.ts', () => ({
    sqlTemplate: pastingTemplate((text) => paste(text)),
  }));
  lab = await startLab(() => import('../../functions/apic/data-api.ts'));
}, 60_000);

beforeEach(async () => {
  paste = PASTES.raw;
  await lab.reset();
});

afterAll(() => lab?.stop());

test('pasted values answer harmless calls as bound ones do: what is found is found by the hostile ones', async () => {
  expect(await attack(lab, FORMS, ['A', 'nothing', '1'])).toEqual([]);
}, 30_000);

test.each(OPEN_FORMS)(
  'the attack finds values that are pasted as they are: $name',
  async (form) => {
    expect(await attack(lab, [form], HOSTILE_TEXTS, { enough: 1 })).not.toEqual([]);
  },
  60_000,
);

test.each(OPEN_FORMS)(
  'the attack finds values whose quotes are doubled: $name',
  async (form) => {
    paste = PASTES.doubled;

    expect(await attack(lab, [form], HOSTILE_TEXTS, { enough: 1 })).not.toEqual([]);
  },
  60_000,
);

test('the attack finds rows that must not be seen, tables that were changed, and errors of the database', async () => {
  const found = await attack(lab, FORMS, [...(HOSTILE['quotes'] ?? []), ...(HOSTILE['patterns'] ?? [])]);
  const whats = found.map(({ what }) => what).join('\n');

  expect(whats).toContain('the-treasure');
  expect(whats).toContain('a table was changed');
  expect(whats).toContain('APIC.0601');
}, 60_000);

test('the attack finds a statement that sleeps', async () => {
  const value = "' OR SLEEP(5) -- ";
  const found = await attack(lab, FORMS.slice(1, 2), [value]);

  expect(found).toEqual([{ form: 'quoted', value, what: 'the answer was late' }]);
}, 30_000);
