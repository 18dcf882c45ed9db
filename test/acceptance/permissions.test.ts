import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { synthesize } from '../../bin/synthesize.ts';
import type { Asked, RoleStatement } from './permissions/role-policies.ts';
import type { Step } from './permissions/step.ts';
import { stepsOf } from './permissions/steps.ts';
import { startWatched, type WatchedPlatform } from './permissions/watched-platform.ts';
import { removeFolder, temporaryFolder } from './platform.ts';

/** `npm run test:permissions` takes every statement away; `npm test` this many, others every day. */
const ALL = process.env['PERMISSIONS'] === 'all';
const SAMPLE = 6;
/** A step that meets a refusal and still is not through after this long does not go on without the right. */
const AFTER_REFUSAL_MS = 3000;
const A_LONG_TIME_MS = 60_000;

/** Statements that no step can use here, and why they stay. */
const WRITING_LOGS = /^logs:(Create\w+|Put\w+|DescribeLog(Streams|Groups))$/;
const UNUSED_HERE: readonly { readonly why: string; applies(statement: RoleStatement): boolean }[] = [
  {
    why: 'Lambda and the other services write logs with the role; here they write files, and ask nobody',
    applies: ({ actions }) => actions.every((action) => WRITING_LOGS.test(action)),
  },
  {
    why: 'traces are sent by the daemon of Lambda',
    applies: ({ actions }) => actions.every((action) => action.startsWith('xray:')),
  },
  {
    why: 'a run that goes on in another invocation calls its function again, after a minute at least; tests of the loop do so in no time',
    applies: ({ role, actions }) =>
      /Note(Chain|Follower)Runner/.test(role) && actions.join() === 'lambda:InvokeFunction',
  },
];

/** Actions that nobody asks for here, and why they stay. */
const UNASKED = {
  'kinesis:ListStreams':
    'Lambda wants it of the role of a function that reads a stream; the local one does not check it',
  'dynamodb:ListStreams': 'the same, of a function that reads the stream of a table',
  'dynamodb:DescribeStream': 'asked for when a mapping is made, before the first step',
};

interface Use {
  readonly step: Step;
  readonly asked: readonly Asked[];
}

const folder = temporaryFolder();
let platform: WatchedPlatform;
let uses: readonly Use[];
let statements: readonly RoleStatement[];

beforeAll(async () => {
  platform = await startWatched(await synthesize(join(import.meta.dirname, 'permissions/lot.ts'), folder));
  uses = await useAll(stepsOf(platform));
  statements = platform.policies
    .statements()
    .filter((statement) => !UNUSED_HERE.some(({ applies }) => applies(statement)));
}, 600_000);

afterAll(async () => {
  await platform?.stop();
  removeFolder(folder);
}, 60_000);

test('every statement of every role is used by a step', async () => {
  const unused: string[] = [];
  for (const statement of statements) if ((await stepsWith(statement)).length === 0) unused.push(statement.name);

  expect(statements.length).toBeGreaterThan(50);
  expect(unused).toEqual([]);
}, 60_000);

test('every action is asked for by a step', () => {
  const asked = new Set(uses.flatMap((use) => use.asked.map(({ action }) => action)));
  const granted = new Set(statements.flatMap(({ actions }) => actions));

  expect([...granted].filter((action) => !asked.has(action)).sort()).toEqual(Object.keys(UNASKED).sort());
});

test('without a statement a step that used it is denied and does not work', async () => {
  const survivors: string[] = [];
  const used: { statement: RoleStatement; steps: readonly Step[] }[] = [];
  for (const statement of statements) used.push({ statement, steps: await stepsWith(statement) });
  // What waits for a minute goes first: what makes it wait, a task that begins anew, comes after it.
  const slow = used.filter(({ steps }) => steps.every((step) => step.slow === true));
  const quick = used.filter((one) => !slow.includes(one));
  for (const { statement, steps } of ALL ? [...slow, ...quick] : chosen(quick, SAMPLE)) {
    const failed = await firstFailure(statement, steps);
    if (failed === undefined) survivors.push(statement.name);
    else if (ALL) process.stdout.write(`${statement.name}\n    fails: ${failed}\n`);
  }

  expect(survivors).toEqual([]);
}, 1_800_000);

/** Runs the steps with every right, and notes what each asks for. */
async function useAll(steps: readonly Step[]): Promise<readonly Use[]> {
  const found: Use[] = [];
  const failures: string[] = [];
  for (const step of steps) {
    // Without what earlier steps left in memory: a secret that was read before would not be asked for.
    await platform.forget();
    const asked: Asked[] = [];
    const stop = platform.policies.watch((permission) => asked.push(permission));
    try {
      await step.run();
    } catch (cause) {
      failures.push(`${step.name}: ${cause instanceof Error ? cause.message : cause}`);
    } finally {
      stop();
    }
    found.push({ step, asked });
  }

  expect(failures).toEqual([]);

  return found;
}

/** The steps that asked for something which nothing but the statement allows. */
function stepsWith(statement: RoleStatement): Promise<readonly Step[]> {
  return statement.without(() =>
    uses
      .filter(({ asked }) => asked.some(({ role, isAllowed }) => role === statement.role && !isAllowed()))
      .map(({ step }) => step),
  );
}

/** The name of the first step that is denied without the statement and does not work. */
async function firstFailure(statement: RoleStatement, steps: readonly Step[]): Promise<string | undefined> {
  for (const step of steps) {
    await platform.forget(statement.role);
    const failed = await statement.without(() => isDenied(statement.role, step));
    await platform.forget(statement.role);
    if (step.repeat === true) await step.run();
    if (failed) return step.name;
  }

  return undefined;
}

async function isDenied(role: string, step: Step): Promise<boolean> {
  const { promise: refusal, resolve } = Promise.withResolvers<void>();
  let denied = false;
  const stop = platform.policies.watch((asked) => {
    if (asked.role !== role || !asked.denied) return;
    denied = true;
    resolve();
  });
  const outcome = step.run().then(
    () => 'worked' as const,
    () => 'failed' as const,
  );
  // What leaves something half done is waited for: done again beside itself it would be undone.
  const patience = step.repeat === true ? A_LONG_TIME_MS : AFTER_REFUSAL_MS;
  const stuck = refusal.then(() => new Promise<'stuck'>((done) => setTimeout(done, patience, 'stuck').unref()));
  const seen = await Promise.race([outcome, stuck]);
  stop();

  return denied && seen !== 'worked';
}

/** So many of them, spread evenly, others each day. */
function chosen<T>(all: readonly T[], count: number): readonly T[] {
  const [step, day] = [all.length / count, Math.floor(Date.now() / 86_400_000)];

  return Array.from({ length: count }, (_, n) => all[Math.floor(n * step + day) % all.length] as T);
}
