import type { OpenSession, RunSession, RunStatement } from '../../../core/fdi/run-session.ts';

/**
 * Mistakes in delivery that a check has to find. `place-first`: the place moves in a transaction of its own before the rows: a kill between them
 * loses a page. `place-apart`: it moves in one of its own behind them: a kill between them writes a page twice. `no-compare`: what is read again
 * is written again.
 */
export const VARIANTS = ['place-first', 'place-apart', 'no-compare'] as const;
export type Variant = (typeof VARIANTS)[number];

/** Sessions of a target with a mistake; without a variant the sessions themselves. */
export function broken(open: OpenSession, variant: Variant | undefined): OpenSession {
  if (variant === undefined) {
    return open;
  }
  const mistake = MISTAKES[variant];

  return async () => mistake(await open());
}

const MISTAKES: Readonly<Record<Variant, (session: RunSession) => RunSession>> = {
  'place-first': (session) => ({
    ...session,
    async change(statement) {
      const changed = await session.change(statement);
      if (movesPlace(statement)) {
        await session.commit();
        await session.begin();
      }

      return changed;
    },
  }),
  'place-apart'(session) {
    let late: RunStatement | undefined;

    return {
      ...session,
      async change(statement) {
        if (!movesPlace(statement)) {
          return session.change(statement);
        }
        late = statement;

        return 1;
      },
      async commit() {
        await session.commit();
        const moves = late;
        late = undefined;
        if (moves !== undefined) {
          await session.begin();
          await session.change(moves);
          await session.commit();
        }
      },
    };
  },
  'no-compare': (session) => ({
    ...session,
    query: async (statement, timeMs) =>
      /^SELECT [jr]\.n AS n /.test(statement.sql) ? [] : session.query(statement, timeMs),
  }),
};

function movesPlace({ sql }: RunStatement): boolean {
  return sql.includes('SET Place = ?');
}
