import { namedStatement } from '../../../core/apic/script/positional.ts';
import { LEASE_SQL, STATE_SQL } from '../../../core/fdi/position.ts';
import type { OpenSession, RunRow, RunSession, RunStatement } from '../../../core/fdi/run-session.ts';
import { longParameter, textParameter } from '../../../core/fdi/statement.ts';
import { type Database, database } from '../database.ts';

/** Beside the shards of topics: a scheduled task writes in one transaction at a time, and undoes in one. */
const EPOCH = 0;
export type Lease = 'run' | 'rollback' | 'replay';

/**
 * The platform's database as runs use it. A process that is killed leaves its transaction open for three minutes, holding its place: each notes
 * its own, and whoever opens a session after the first, because something was in the way, rolls back the one that is noted.
 *
 * @param task whose transactions these are; of a reader, which has none, undefined
 */
export function platformSessions(
  task: string | undefined,
  source: () => Database = database,
  lease: Lease = 'run',
): OpenSession {
  // Whoever undoes a batch, or replays, was called since the one before did not come to its end.
  let opened = lease === 'run' ? 0 : 1;

  return async () => {
    const api = source();
    opened += 1;
    if (task !== undefined && opened > 1) {
      await rollBackNoted(api, task, lease);
    }

    return sessionOf(api, task, lease);
  };
}

function sessionOf(api: Database, task: string | undefined, lease: Lease): RunSession {
  let transactionId: string | undefined;
  let noted: Promise<unknown> | undefined;
  const execute = ({ sql, values }: RunStatement, json: boolean) => {
    const named = namedStatement(sql, values);
    const options = { ...(transactionId !== undefined && { transactionId }), ...(json && { json: 'exact' as const }) };

    return api.execute(named.sql, [...named.parameters], options);
  };

  async function end(): Promise<string | undefined> {
    const id = transactionId;
    transactionId = undefined;
    await noted;
    noted = undefined;

    return id;
  }

  return {
    query: async (statement) => (await execute(statement, true)).rows as readonly RunRow[],
    change: async (statement) => (await execute(statement, false)).updated,
    async begin() {
      transactionId = await api.begin();
      if (task !== undefined) {
        // Sent together with the first statement, not waited for: if this process dies while that holds the place, the note is there.
        noted = quietly(api.execute(LEASE_SQL, [...own(task, lease), textParameter('transaction', transactionId)]));
      }
    },
    async commit() {
      const id = await end();
      if (id !== undefined) {
        await api.commit(id);
      }
    },
    async rollback() {
      const id = await end();
      if (id !== undefined) {
        await quietly(api.rollback(id));
      }
    },
    async close() {
      const id = await end();
      if (id !== undefined) {
        await quietly(api.rollback(id));
      }
    },
  };
}

async function rollBackNoted(api: Database, task: string, lease: Lease): Promise<void> {
  const { rows } = await api.execute(STATE_SQL, own(task, lease), { json: true });
  const leased = String(rows[0]?.['transactionId'] ?? '');
  if (leased !== '') {
    await quietly(api.rollback(leased));
  }
}

function own(task: string, lease: Lease) {
  return [textParameter('task', task), longParameter('epoch', EPOCH), textParameter('shard', lease)];
}

/** For calls that are a courtesy: the call they belong to meets the same fault and reports it. */
async function quietly(call: Promise<unknown>): Promise<void> {
  await call.catch(() => undefined);
}
