import { beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { proveSources } from '../../../core/fdi/prove-sources.ts';
import type { SourceCheck } from '../../../core/fdi/source-check.ts';
import { hasPassed, type SideQuestion, settingsOf, type TaskSource } from '../../../core/fdi/task-source.ts';

const GOOD: SourceCheck = { user: '', what: 'reads orders', milliseconds: 1, ok: true };
const BAD: SourceCheck = {
  ...{ user: '', what: 'reads orders', milliseconds: 1, ok: false, kind: 'network' },
  ...{ problem: 'nobody listens at the port', advice: 'start the server' },
};
let sources: Map<string, TaskSource>;
let answers: Record<string, SourceCheck | Error>;
let asked: (readonly [functionArn: string, question: SideQuestion])[];

beforeEach(() => {
  const side = (one: 'source' | 'target'): TaskSource => ({
    ...{ kind: 'http', place: 'GET https://shop.example.com', usedBy: 'Orders', settings: 'abc' },
    tester: { functionArn: 'arn:orders', task: 'Orders', side: one },
  });
  sources = new Map([
    ['Orders.source', side('source')],
    ['Orders.target', side('target')],
  ]);
  answers = { source: GOOD, target: GOOD };
  asked = [];
});

const prove = (task = 'Orders') =>
  proveSources(
    {
      find: async (name) => sources.get(name),
      note: async (name, tested) => void sources.set(name, { ...(sources.get(name) as TaskSource), tested }),
      async ask(functionArn, question) {
        asked.push([functionArn, question]);
        const answer = answers[question.test];
        if (answer instanceof Error || answer === undefined) throw answer;

        return { checks: [answer] };
      },
      now: () => new Date('2026-11-24T08:00:00Z'),
    },
    task,
    'start',
  );

test('what is not on record is tested by the task’s own function, and once', async () => {
  await prove();
  await prove();

  expect(asked.map(([functionArn, { test: side }]) => [functionArn, side])).toEqual([
    ['arn:orders', 'source'],
    ['arn:orders', 'target'],
  ]);
  expect(sources.get('Orders.source')?.tested).toMatchObject({ at: '2026-11-24T08:00:00.000Z', passed: true });
});

test('a test that fails refuses the task with what to change, and is made anew the next time', async () => {
  answers['target'] = BAD;
  const message =
    'Orders is not started. Orders.target did not pass its test (reads orders): nobody listens at the port. To do: start the server. ' +
    '"causeway datasource test Orders.target" tests it again. "causeway task start Orders --force" does it all the same.';
  await expect(prove()).rejects.toMatchObject({ code: 'CAUSEWAY.0412', message });
  expect(sources.get('Orders.target')?.tested?.passed).toBe(false);

  answers['target'] = GOOD;
  await prove();
  // The source had passed.
  expect(asked.map(([, { test: side }]) => side)).toEqual(['source', 'target', 'target']);
});

test('other settings have not been tested', async () => {
  await prove();
  sources.set('Orders.source', { ...(sources.get('Orders.source') as TaskSource), settings: 'another' });
  await prove();

  expect(asked.at(-1)?.[1].test).toBe('source');
  expect(asked).toHaveLength(3);
});

test('a function that gives no answer proves nothing', async () => {
  answers['source'] = new RangeError('it was killed');

  await expect(prove()).rejects.toThrow(
    'Orders.source did not pass its test (is tested): the function of Orders, which tests it, gave no answer: it was killed',
  );
});

test('a task that an earlier release deployed, of which nothing is known, is let be', async () => {
  await prove('Older');
  sources.set('Orders.source', { usedBy: 'Orders' });
  await prove();

  expect(asked.map(([, { test: side }]) => side)).toEqual(['target']);
});

test('settings are known again in whatever order the table gives them back, and are others when anything of them is', () => {
  const value = fc.jsonValue({ maxDepth: 2 });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value), fc.dictionary(fc.string(), value), (one, other) => {
      const isOwn = ({ tested, usedBy, tester, ...own }: Record<string, unknown>) => own;
      const turned = Object.fromEntries(Object.entries(one).reverse());
      expect(settingsOf(turned)).toBe(settingsOf(one));
      const same = JSON.stringify(sorted(isOwn(one))) === JSON.stringify(sorted(isOwn(other)));
      expect(settingsOf(other) === settingsOf(one)).toBe(same);
    }),
  );
  expect(hasPassed({ usedBy: 'Orders' })).toBe(false);
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }

  return typeof value === 'object' && value !== null
    ? Object.entries(value)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, inner]) => [name, sorted(inner)])
    : value;
}
