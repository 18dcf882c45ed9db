import { beforeEach, expect, test } from '@jest/globals';
import { correctRejected } from '../../../../core/fdi/correct-rejected.ts';
import { planFeed } from '../../../../core/fdi/feed-plan.ts';
import type { FeedTask } from '../../../../core/fdi/feed-task.ts';
import { feedReplay } from '../../../../core/fdi/replay-delivery.ts';
import { type ReplayRejectedRequest, replayHeld } from '../../../../core/fdi/replay-held.ts';
import { readRecords } from '../../../../core/fdi/row.ts';
import { database } from '../../../../functions/shared/database.ts';
import { feedTarget } from '../../../../functions/shared/feed-target.ts';
import { platformSessions } from '../../../../functions/shared/runs/platform-session.ts';
import { databases, type Side } from '../scheduled/databases.ts';
import { delivering, enginesOf, feedTask, order, type Run } from './feeds.ts';
import { type Mortal, mortal } from './mortal.ts';

const engines = databases();
const { mysql, postgresql } = engines;

beforeEach(async () => {
  await mysql.run('DROP TABLE IF EXISTS target');
  await mysql.run('CREATE TABLE target (Id BIGINT, Name VARCHAR(20), Place INT AUTO_INCREMENT PRIMARY KEY)');
  await postgresql.run('DROP TABLE IF EXISTS target');
  await postgresql.run('CREATE TABLE target ("Id" bigint, "Name" varchar(20), place serial PRIMARY KEY)');
});

const ENGINES = enginesOf(engines, true);

const task = feedTask({ write: 'insert', keys: [] });
/** Every third does not fit. */
const records = () =>
  Array.from({ length: 9 }, (_, at) =>
    order({ n: at + 1, id: at + 1, name: (at + 1) % 3 === 0 ? 'far too long for its column' : 'fits' }),
  );

async function consumed(target: () => Side, run: Run, own: FeedTask = task): Promise<void> {
  await run('DELETE FROM target');
  for (const table of ['causeway_feed', 'causeway_replayed']) {
    await run(`DROP TABLE IF EXISTS ${table}`);
  }
  await mysql.run('DELETE FROM causeway.position');
  await mysql.run('DELETE FROM causeway.quarantine');
  const consumer = delivering({ task: own, side: target() });
  await consumer.batch(records());
  await consumer.end();
  for (const { id } of await mysql.run('SELECT Id AS id FROM causeway.quarantine')) {
    const body = await mysql.run(
      `SELECT CONVERT(Body USING utf8mb4) AS body FROM causeway.quarantine WHERE Id = ${id}`,
    );
    const text = String(body[0]?.['body']).replace('far too long for its column', 'fits now');
    const payload = Buffer.from(text).toString('base64');
    await correctRejected(database(), { task: 'Orders', id: Number(id), payload, by: 'test' });
  }
}

async function replay(own: Side, request: ReplayRejectedRequest = {}, dying?: Mortal, of: FeedTask = task) {
  const { dialect, sessions, describe } = await feedTarget(of, async () => own);
  const platform = dying?.platform() ?? database();
  try {
    const way = feedReplay({
      ...{ platform, plan: planFeed(of, dialect, await describe()), dialect, sessions, batch: '0123456789abcde' },
      read: (some, plan) => readRecords(some, plan),
      clientIdOf: () => '',
      session: dying?.dying(platformSessions(undefined)) ?? platformSessions(undefined),
      ...{ pause: async () => undefined, random: () => 0.5 },
    });

    return await replayHeld(platform, way, request);
  } finally {
    await sessions.close();
  }
}

const account = async () =>
  (await mysql.run('SELECT Written AS written, Quarantined AS quarantined FROM causeway.position'))[0];
const found = async (run: Run, look: string) => ({
  rows: (await run(look)).map(({ id }) => Number(id)),
  held: (await mysql.run('SELECT COUNT(*) AS n FROM causeway.quarantine'))[0]?.['n'],
  account: await account(),
});
const WHOLE = { rows: [1, 2, 3, 4, 5, 6, 7, 8, 9], held: 0, account: { written: 9, quarantined: 0 } };

test.each(ENGINES)(
  'into %s corrected messages become rows, leave the quarantine and count as written',
  async (...engine) => {
    const [, target, run, look] = engine;
    await consumed(target, run);
    expect(await account()).toEqual({ written: 6, quarantined: 3 });

    expect(await replay(target(), { count: true })).toMatchObject({ written: 3, refused: [], matching: 3 });
    expect(await found(run, look)).toEqual(WHOLE);
    // What its consumer writes next counts on from there.
    const consumer = delivering({ task, side: target() });
    await consumer.batch([order({ n: 10, id: 10 })]);
    await consumer.end();
    expect(await account()).toEqual({ written: 10, quarantined: 0 });
  },
);

test.each(ENGINES)(
  'into %s killed before or behind any call of a replay, each message is a row once',
  async (...engine) => {
    const [, target, run, look] = engine;
    const stride = engine[0] === 'MySQL' ? 2 : 4;
    let step = 1;
    // Before each call, which is behind the one before it.
    for (; ; step += stride) {
      await consumed(target, run);
      const dying = mortal(target(), step);
      await replay(dying.side, {}, dying).catch(() => undefined);
      await replay(target());
      expect({ step, ...(await found(run, look)) }).toEqual({ step, ...WHOLE });
      if (dying.steps() < step) {
        break;
      }
    }

    expect(step).toBeGreaterThan(30);
  },
  120_000,
);

test.each(ENGINES)('into %s two that replay at once write each message once', async (...engine) => {
  const [, target, run, look] = engine;
  await consumed(target, run);

  await Promise.allSettled([1, 2, 3].map(() => replay(target())));
  await replay(target());

  expect(await found(run, look)).toEqual(WHOLE);
});

test('of a task whose database is another one now, the position is made before it is moved', async () => {
  const [, target, run, look] = ENGINES[0];
  await consumed(target, run);
  await run('DROP TABLE causeway_feed');

  expect(await replay(target())).toMatchObject({ written: 3 });
  expect(await found(run, look)).toEqual(WHOLE);
});
