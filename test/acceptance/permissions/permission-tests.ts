import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { synthesize } from '../../../bin/synthesize.ts';
import { removeFolder, temporaryFolder } from '../platform.ts';
import { faultsOf, remove, removeAll, type Used } from './removals.ts';
import type { Asked, RoleStatement } from './role-policies.ts';
import type { Step } from './step.ts';
import { appliesTo, type UnusedHere } from './unused-here.ts';
import { startWatched, type WatchedPlatform } from './watched-platform.ts';

/**
 * `npm run test:permissions` takes every statement away (`PERMISSIONS=all`); another text takes away those whose names hold it, and `npm test` so
 * many, others every day. `PERMISSIONS_FROM=120` goes on with the 120th.
 */
const { PERMISSIONS: WANTED, PERMISSIONS_FROM, PERMISSIONS_RESULTS } = process.env;
const SAMPLE = 6;
const FROM = Number(PERMISSIONS_FROM ?? 1);
/** Where a line of JSON is added for each; not in the repository. */
const RESULTS = PERMISSIONS_RESULTS ?? join(tmpdir(), 'causeway-permissions.jsonl');

/** Streams are polled once a second. */
const BACKGROUND_MS = 2500;

interface Use {
  readonly step: Step;
  readonly asked: readonly Asked[];
  readonly seconds: number;
}

/** Stacks, and everything that can be done with them. */
export interface PermissionLot {
  /** The module of the stacks. */
  readonly module: string;
  /**
   * Starts what they need that is not the platform's.
   * @default - nothing
   */
  readonly open?: () => Promise<void>;
  readonly close?: () => Promise<void>;
  readonly steps: (platform: WatchedPlatform) => readonly Step[] | Promise<readonly Step[]>;
  /** Whether a statement is judged here; others are in another lot. */
  readonly isJudged: (statement: RoleStatement) => boolean;
  readonly unusedHere: readonly UnusedHere[];
  /** Actions that nobody asks for. */
  readonly unasked: readonly string[];
}

/** The tests of a file: each statement of the lot's roles is needed by a step, and without it that is denied. */
export function permissionTests({ module, open, close, steps, isJudged, unusedHere, unasked }: PermissionLot): void {
  const folder = temporaryFolder();
  /** Steps that do not work, and why. */
  const failures: string[] = [];
  const background = new Set<string>();
  let platform: WatchedPlatform;
  let uses: readonly Use[];
  let statements: readonly RoleStatement[];

  beforeAll(async () => {
    await open?.();
    platform = await startWatched(await synthesize(module, folder));
    uses = await useAll(await steps(platform));
    statements = judged().filter((statement) => !unusedHere.some((entry) => appliesTo(entry, statement)));
  }, 900_000);

  afterAll(async () => {
    await platform?.stop();
    await close?.();
    removeFolder(folder);
  }, 60_000);

  test('every step works with every right', () => {
    expect(failures).toEqual([]);
  });

  test('every statement of every role is used by a step', async () => {
    expect(statements.length).toBeGreaterThan(20);
    expect(await unusedOf(statements)).toEqual([]);
  }, 60_000);

  test('what no step can use is there, and no step uses it', async () => {
    const excused = unusedHere.map((entry) => judged().filter((one) => appliesTo(entry, one)));
    const used: string[] = [];
    for (const statement of excused.flat()) {
      if ((await stepsWith(statement)).length > 0) used.push(statement.name);
    }

    expect(unusedHere.filter((_, at) => excused[at]?.length === 0)).toEqual([]);
    expect(used).toEqual([]);
  });

  test('every action is asked for by a step', () => {
    const asked = new Set(uses.flatMap((use) => use.asked.map(({ action }) => action)));
    const granted = new Set(statements.flatMap(({ actions }) => actions));

    expect([...granted].filter((action) => !asked.has(action)).sort()).toEqual(unasked.toSorted());
  });

  test('a statement that nothing needs is found: of which nobody asks, which is there twice, and without which everything works', async () => {
    const { iam } = platform.engines;
    const [first] = statements as [RoleStatement];
    const Resource = 'arn:aws:s3:::needless/*';
    const added = async (Action: readonly string[], on: unknown) => {
      iam.putPolicy('needless', [first.role], { Statement: [{ Effect: 'Allow', Action, Resource: on }] });
      try {
        const statement = platform.policies.statements().at(-1) as RoleStatement;
        const asks = { name: 'ask and go on', run: async () => asked(first.role) };

        return { unused: await unusedOf([statement]), removal: await remove(platform, { statement, steps: [asks] }) };
      } finally {
        iam.removePolicy('needless');
      }
    };
    const asked = (role: string) => {
      try {
        iam.authorize(`arn:aws:iam::000000000000:role/${role}`, 's3:GetObject', 'arn:aws:s3:::needless/a');
      } catch {
        // As a function does that has another way.
      }
    };
    const strange = await added(['s3:GetObject'], Resource);
    const double = await added(first.actions, '*');

    expect([strange.unused, double.unused]).toEqual([
      [expect.stringContaining('s3:GetObject')],
      [expect.stringContaining(first.actions.join(', '))],
    ]);
    expect(strange.removal).toMatchObject({ outcome: 'works without', step: 'ask and go on' });
  });

  test('without a statement a step that used it is denied and does not work', async () => {
    const used = await allUsed();
    const chosen = WANTED === undefined ? sample(used, SAMPLE) : used.filter(({ statement }) => isWanted(statement));
    const removals = await removeAll(platform, chosen.slice(FROM - 1), {
      from: FROM,
      ...(WANTED !== undefined && { file: RESULTS, say: (line) => process.stdout.write(`${line}\n`) }),
    });

    expect(removals.length).toBeGreaterThan(0);
    expect(faultsOf(removals)).toEqual([]);
  }, 7_200_000);

  function judged(): readonly RoleStatement[] {
    return platform.policies.statements().filter(isJudged);
  }

  /** Runs the steps with every right, and notes what each asks for. */
  async function useAll(steps: readonly Step[]): Promise<readonly Use[]> {
    const found: Use[] = [];
    await platform.forget();
    await noteBackground();
    for (const step of steps) {
      // Without what earlier steps left in memory, a secret that was read before, every step shows all that it needs; the first of them does anyway.
      if (WANTED === 'all' || step.fresh === true) await platform.forget();
      const asked = new Map<string, Asked>();
      const stop = platform.policies.watch((permission) => asked.set(permission.key, permission));
      const startedAt = performance.now();
      try {
        await step.run();
      } catch (cause) {
        failures.push(`${step.name}: ${cause instanceof Error ? cause.message : cause}`);
      } finally {
        stop();
      }
      const seconds = (performance.now() - startedAt) / 1000;
      if (WANTED !== undefined) process.stdout.write(`${seconds.toFixed(1)} s: ${step.name}\n`);
      found.push({ step, asked: [...asked.values()], seconds });
    }

    // What a step was granted for a while, and what nobody may, says nothing about statements.
    return found.map((use) => ({ ...use, asked: use.asked.filter(({ isAllowed }) => isAllowed()) }));
  }

  async function unusedOf(some: readonly RoleStatement[]): Promise<readonly string[]> {
    const unused: string[] = [];
    for (const statement of some) if ((await stepsWith(statement)).length === 0) unused.push(statement.name);

    return unused;
  }

  /** The statements that steps use: first those for which only slow steps do, since what makes these wait, a task that begins anew, comes later. */
  async function allUsed(): Promise<readonly Used[]> {
    const used: Used[] = [];
    for (const statement of statements) used.push({ statement, steps: await stepsWith(statement) });
    const isSlow = ({ steps }: Used) => steps.every((step) => step.slow === true);

    return WANTED === undefined
      ? used.filter((one) => !isSlow(one))
      : [...used.filter(isSlow), ...used.filter((one) => !isSlow(one))];
  }

  function isIdle({ asked }: Use, role: string): boolean {
    return asked.every((one) => one.role !== role || background.has(one.key));
  }

  /** What is asked for all the time, as by whoever polls streams. */
  async function noteBackground(): Promise<void> {
    const stop = platform.policies.watch(({ key }) => background.add(key));
    await sleep(BACKGROUND_MS);
    stop();
  }

  /**
   * The steps that asked for something which nothing but the statement allows: first those that made the role do something,
   * of them the quickest.
   */
  function stepsWith({ role, without }: RoleStatement): Promise<readonly Step[]> {
    return without(() =>
      uses
        .filter(({ asked }) => asked.some((one) => one.role === role && !one.isAllowed()))
        .toSorted((a, b) => Number(isIdle(a, role)) - Number(isIdle(b, role)) || costOf(a) - costOf(b))
        .map(({ step }) => step),
    );
  }
}

function isWanted({ name }: RoleStatement): boolean {
  return WANTED === 'all' || name.includes(WANTED ?? '');
}

function costOf({ step, seconds }: Use): number {
  return step.repeat === true ? 2 * seconds : seconds;
}

/** So many of them, spread evenly, others each day. */
function sample<T>(all: readonly T[], count: number): readonly T[] {
  const [step, day] = [all.length / count, Math.floor(Date.now() / 86_400_000)];

  return Array.from({ length: count }, (_, n) => all[Math.floor(n * step + day) % all.length] as T);
}
