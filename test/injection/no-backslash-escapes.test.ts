import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { ApiParameter } from '../../core/apic/api-definition.ts';
import { sqlTemplate } from '../../core/apic/sql-template.ts';
import { logLines } from '../functions/shared/log-lines.ts';
import { attack } from './attack.ts';
import { FORMS } from './forms.ts';
import { HOSTILE } from './hostile-texts.ts';
import { type Lab, startLab } from './lab.ts';
import { PASTES, pastingTemplate } from './pasting.ts';

const VALUES = ['backslashes', 'quotes', 'comments', 'wideQuotes'].flatMap((group) => HOSTILE[group] ?? []);
const TEMPLATES = { bound: sqlTemplate, escaped: pastingTemplate(PASTES.escaped) } as const;

let template: keyof typeof TEMPLATES = 'bound';
let lab: Lab;

logLines();

beforeAll(async () => {
  jest.unstable_mockModule('../../core/apic/sql-template.ts', () => ({
    sqlTemplate: (sql: string, parameters: readonly ApiParameter[]) => {
      const made = Object.fromEntries(Object.entries(TEMPLATES).map(([name, make]) => [name, make(sql, parameters)]));

      return { lists: made['bound']?.lists, render: (values: never) => made[template]?.render(values) };
    },
  }));
  lab = await startLab(() => import('../../functions/apic/data-api.ts'), 'NO_BACKSLASH_ESCAPES');
}, 60_000);

beforeEach(() => lab.reset());

afterAll(() => lab?.stop());

test('where a backslash escapes nothing, hostile values change nothing and leak nothing', async () => {
  template = 'bound';

  expect(VALUES.length).toBeGreaterThan(50);
  expect(await attack(lab, FORMS, VALUES)).toEqual([]);
}, 60_000);

test('where a backslash escapes nothing, the attack finds values that are escaped with it', async () => {
  template = 'escaped';

  expect(await attack(lab, FORMS.slice(0, 2), VALUES)).toContainEqual(
    expect.objectContaining({ form: 'quoted', what: expect.stringContaining('the-treasure') }),
  );
}, 60_000);
