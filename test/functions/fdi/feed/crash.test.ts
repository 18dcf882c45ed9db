import { beforeEach, expect, test } from '@jest/globals';
import { seededRandom } from '../../../faults/random.ts';
import { databases } from '../scheduled/databases.ts';
import { delivering, type Engine, enginesOf, feedTask, order } from './feeds.ts';
import { mortal } from './mortal.ts';

const engines = databases();
const { mysql, postgresql } = engines;

beforeEach(async () => {
  await mysql.run('DROP TABLE IF EXISTS target');
  await mysql.run('CREATE TABLE target (Id BIGINT, Name VARCHAR(20), Place INT AUTO_INCREMENT PRIMARY KEY)');
  await postgresql.run('DROP TABLE IF EXISTS target');
  await postgresql.run('CREATE TABLE target ("Id" bigint, "Name" varchar(20), place serial PRIMARY KEY)');
});

const ENGINES = enginesOf(engines);

/** Each record a row, but every fifth, which does not fit. */
const task = feedTask({ write: 'insert', keys: [] });
const records = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => {
    const n = from + at;

    return order({ n, id: n, name: n % 5 === 0 ? 'far too long for its column' : 'fits' });
  });

async function clear(run: (sql: string) => Promise<unknown>): Promise<void> {
  await run('DELETE FROM target');
  await run('DROP TABLE IF EXISTS causeway_feed');
  await mysql.run('DELETE FROM causeway.position');
  await mysql.run('DELETE FROM causeway.quarantine');
}

/** What is wrong with what has become of the records 1 to `last`, in words. */
async function findings(
  run: (sql: string) => Promise<Record<string, unknown>[]>,
  look: string,
  last: number,
): Promise<string[]> {
  const written = (await run(look)).map(({ id }) => Number(id));
  const [row] = await mysql.run(`SELECT (SELECT GROUP_CONCAT(Seq + 0 ORDER BY Seq) FROM causeway.quarantine) AS bad,
    (SELECT CONCAT(Seq + 0, '/', Written, '/', Quarantined) FROM causeway.position) AS position`);
  const all = Array.from({ length: last }, (_, at) => at + 1);
  const [good, bad] = [all.filter((n) => n % 5 !== 0), all.filter((n) => n % 5 === 0)];
  const expected = { written: good.join(), bad: bad.join(), position: `${last}/${good.length}/${bad.length}` };
  const found = { written: written.join(), bad: row?.['bad'] ?? '', position: row?.['position'] };

  return JSON.stringify(found) === JSON.stringify(expected) ? [] : [JSON.stringify({ found, expected })];
}

/** One round: a process that dies at this step, and one that lives. @returns whether the first one died, and what is wrong then */
async function round([, target, run, look]: Engine, step: number, isBroken = false) {
  await clear(run);
  const { side: dying, platform, steps } = mortal(target(), step, isBroken);
  await delivering({ task, side: dying, platform })
    .batch(records(1, 11))
    .catch(() => undefined);
  // Batches have other boundaries when they come again.
  const living = delivering({ task, side: target() });
  const unwritten = await living.batch(records(1, 14));
  await living.end();

  return {
    died: steps() >= step,
    wrong: [...(unwritten === undefined ? [] : [`unwritten: ${unwritten}`]), ...(await findings(run, look, 13))],
  };
}

test.each(ENGINES)(
  'into %s: killed before or behind any call, each record is a row once or in the quarantine once',
  async (...engine) => {
    // Every other step of each; `mortal` counts about seventy.
    let step = engine[0] === 'MySQL' ? 1 : 2;
    for (; ; step += 2) {
      const { died, wrong } = await round(engine, step);
      expect({ step, wrong }).toEqual({ step, wrong: [] });
      if (!died) {
        break;
      }
    }

    expect(step).toBeGreaterThan(25);
  },
  60_000,
);

test('a position that moves before its rows is found out', async () => {
  const wrong: string[] = [];
  const [engine] = ENGINES;
  for (let step = 1; engine !== undefined; step += 2) {
    const { died, wrong: found } = await round(engine, step, true);
    wrong.push(...found);
    if (!died) {
      break;
    }
  }

  expect(wrong.length).toBeGreaterThan(1);
}, 60_000);

test.each(ENGINES)(
  'into %s: batches of any boundaries, killed again and again, arrive once and in order',
  async (_name, target, run, look) => {
    await clear(run);
    const random = seededRandom(7);
    const last = 120;
    let next = 1;
    let deaths = 0;
    while (next <= last) {
      // From the first that is not written by what Lambda knows, or from before it; as many as it likes.
      const from = Math.max(1, next - Math.floor(random() * 6));
      const to = Math.min(last + 1, from + 1 + Math.floor(random() * 20));
      const { side: dying, platform } = mortal(target(), 1 + Math.floor(random() * 40));
      const answer = await delivering({ task, side: dying, platform }).batch(records(from, to));
      deaths += answer === undefined ? 0 : 1;
      next = answer === undefined ? Math.max(next, to) : Number(answer);
    }

    // What died behind its last commit has told nobody: the next batch does.
    const living = delivering({ task, side: target() });
    await living.batch(records(last, last + 1));
    await living.end();
    expect(await findings(run, look, last)).toEqual([]);
    expect(deaths).toBeGreaterThan(10);
  },
  60_000,
);
