import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { logLines } from '../functions/shared/log-lines.ts';
import { attack } from './attack.ts';
import { FORMS } from './forms.ts';
import { HOSTILE_TEXTS } from './hostile-texts.ts';
import { type Lab, startLab } from './lab.ts';

let lab: Lab;

logLines();

beforeAll(async () => {
  lab = await startLab(() => import('../../functions/apic/data-api.ts'));
}, 60_000);

afterAll(() => lab?.stop());

test('there are enough hostile values to mean something', () => {
  expect(new Set(HOSTILE_TEXTS).size).toBeGreaterThanOrEqual(200);
});

test.each(FORMS)(
  'hostile values change nothing and leak nothing: $name',
  async (form) => {
    expect(await attack(lab, [form], HOSTILE_TEXTS)).toEqual([]);
  },
  60_000,
);
