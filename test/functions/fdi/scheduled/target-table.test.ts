import { expect, test } from '@jest/globals';
import { EXTERNAL_IMAGES } from '../../../../core/fdi/before-image.ts';
import { makeImageTables } from '../../../../core/fdi/run-images.ts';
import { type RunSession, statement } from '../../../../core/fdi/run-session.ts';
import { makeOwnTable } from '../../../../core/fdi/target-table.ts';
import { databases, type Side } from './databases.ts';

const { side } = databases();

const OWN = 'CREATE TABLE IF NOT EXISTS made_at_once (Id INT)';
const TABLES: readonly (readonly [
  string,
  (own: Side) => readonly string[],
  (session: RunSession, own: Side) => Promise<void>,
])[] = [
  [
    'a table',
    () => [OWN],
    (session, { dialect }) =>
      makeOwnTable(session, dialect, 'Copied', {
        ...{ name: 'made_at_once', create: OWN, probe: statement('SELECT Id FROM made_at_once') },
      }),
  ],
  [
    'the tables that batches are undone by',
    ({ dialect }) => dialect.images.definitions(EXTERNAL_IMAGES),
    (session, { dialect }) => makeImageTables(session, 'Copied', dialect),
  ],
];

test.each(TABLES)(
  'PostgreSQL: where two make %s at once, both find what they need',
  async (_, definitions, prepare) => {
    const own = side.postgresql();
    const [first, second] = [await own.open(), await own.open()];
    try {
      await first.begin();
      for (const definition of definitions(own)) {
        await first.change(statement(definition));
      }
      // It waits for the first one, whose tables it does not see yet.
      const waiting = prepare(second, own);
      let waits = 0;
      while (waits === 0) {
        const sql = "SELECT COUNT(*) AS n FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'";
        waits = Number((await first.query(statement(sql)))[0]?.['n'] ?? 0);
      }
      await first.commit();

      await expect(waiting).resolves.toBeUndefined();
    } finally {
      await Promise.all([first.close(), second.close()]);
    }
  },
);
