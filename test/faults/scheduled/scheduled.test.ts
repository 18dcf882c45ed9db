import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { seededRandom } from '../random.ts';
import type { Variant } from './broken.ts';
import { type Databases, startDatabases } from './databases.ts';
import { OverlapTrial } from './overlap-trial.ts';
import { type Kind, PAIRS, type Pair } from './scene.ts';
import { Trial } from './trial.ts';

let databases: Databases;

beforeAll(async () => {
  databases = await startDatabases();
}, 60_000);

afterAll(() => databases?.stop(), 60_000);

async function tried<Answer>(
  [pair, kind, variant]: readonly [Pair, Kind, Variant?],
  work: (trial: Trial) => Promise<Answer>,
): Promise<Answer> {
  const trial = new Trial({ databases, pair, kind, variant });
  await trial.prepare();
  try {
    return await work(trial);
  } finally {
    await trial.close();
  }
}

// `npm run faults:scheduled` does so at every step, and at as many instants as it is told to.
test.each(PAIRS)(
  'a process of %s that is killed in the middle of a page, or at some instant, loses nothing and doubles nothing',
  async (pair) => {
    await tried([pair, 'upsert'], async (trial) => {
      expect(await trial.atStep(2, 'target', STEP_IN_PAGE)).toEqual({ kills: 1, rounds: 1, findings: [] });
      expect(await trial.randomInstants(1, seededRandom(11))).toMatchObject({ kills: 1, findings: [] });
    });
  },
  60_000,
);

// `npm run faults:scheduled` does so at each step of every call.
test.each(PAIRS)(
  'of %s, a run that is due between two calls of one under way follows it, once, whichever process dies where',
  async (pair) => {
    const trial = new OverlapTrial(databases, pair);
    await trial.prepare();

    const { kills, findings } = await trial.everyStep(23, 1 + PAIRS.indexOf(pair) * 7);

    expect(findings).toEqual([]);
    expect(kills).toBeGreaterThan(8);
  },
  120_000,
);

/** Of the target, between the place of the first page and its rows. */
const STEP_IN_PAGE = 36;

test.each([
  ['place-first', 'is there 0 times'],
  ['place-apart', 'is there 2 times'],
] as const)(
  'a process that writes with %s is found out',
  async (variant, finding) => {
    const { kills, findings } = await tried(['mysql-mysql', 'incremental', variant], (trial) =>
      trial.atStep(1, 'target', STEP_IN_PAGE),
    );

    expect({ kills, findings: findings.join('\n') }).toEqual({ kills: 1, findings: expect.stringContaining(finding) });
  },
  60_000,
);

test('a process that compares nothing of what it reads again is found out', async () => {
  const { findings } = await tried(['mysql-mysql', 'whole', 'no-compare'], (trial) => trial.atStep(1, 'source', 1000));

  expect(findings.join('\n')).toMatch(/is written \d times in place of 1/);
}, 60_000);
