import { parseSourceUrl, type SourceAddress, verifiedAddress } from '../../../core/apic/script/jdbc-url.ts';
import type { OpenSession, RunRow, RunSession, RunStatement } from '../../../core/fdi/run-session.ts';
import { guardAddress } from '../address-guard.ts';
import { SourceFailed, type SourceSession, within } from '../sources/source.ts';
import type { SourcePool } from '../sources/source-pool.ts';

/** A database outside of the platform: its address and its login. */
export interface DatabaseLogin {
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  /** PEM: the authorities that certify it. With them it is always encrypted and verified. */
  readonly ca?: string;
}

/** What a statement that writes may take; a page of rows is a matter of milliseconds. */
const STATEMENT_MS = 60_000;
/** In UTC, and refusing what does not fit its column, whatever the server is set to. */
const MYSQL_SETTINGS = [
  "SET SESSION time_zone = '+00:00'",
  "SET SESSION sql_mode = CONCAT_WS(',', REPLACE(@@sql_mode, 'ANSI_QUOTES', ''), 'STRICT_ALL_TABLES')",
];

/** @throws InvalidSetting for a URL that names no database of a kind runs know */
export function addressOf({ url, ca }: Pick<DatabaseLogin, 'url' | 'ca'>): SourceAddress {
  const address = parseSourceUrl(undefined, url);

  return ca === undefined ? address : verifiedAddress(address);
}

/** Logs in at an address that was judged. @throws SourceFailed, AddressRefused */
export async function openAt(
  pool: SourcePool,
  address: SourceAddress,
  { user, password, ca }: Omit<DatabaseLogin, 'url'>,
): Promise<SourceSession> {
  const pinned = await within(
    address.connectMs,
    guardAddress(address.host, address.port),
    () => new SourceFailed(`no address of ${address.host} within ${address.connectMs} ms`),
  );
  const login = {
    ...{ address, pinned, user: user ?? address.user ?? '', password: password ?? address.password ?? '' },
    ...(ca !== undefined && { ca }),
  };

  return pool.borrow(login, address.connectMs);
}

/** Sessions of a database by its driver, one connection each. */
export function driverSessions(pool: SourcePool, login: DatabaseLogin): OpenSession {
  return async () => {
    const address = addressOf(login);
    const session = await openAt(pool, address, login);
    for (const sql of address.kind === 'mysql' ? MYSQL_SETTINGS : []) {
      await session.execute(sql, [], STATEMENT_MS);
    }

    return runSession(session, address.statementMs ?? STATEMENT_MS);
  };
}

function runSession(session: SourceSession, statementMs: number): RunSession {
  const run = ({ sql, values }: RunStatement, timeMs = statementMs) => session.execute(sql, values, timeMs);
  const tell = (sql: string) => session.execute(sql, [], statementMs);

  return {
    async query(statement, timeMs) {
      const rows = await run(statement, timeMs);

      return Array.isArray(rows) ? (rows as readonly RunRow[]) : [];
    },
    async change(statement) {
      const changed = await run(statement);

      return Array.isArray(changed) ? changed.length : Number(changed);
    },
    begin: async () => void (await tell('START TRANSACTION')),
    commit: async () => void (await tell('COMMIT')),
    async rollback() {
      await tell('ROLLBACK').catch(() => session.close());
    },
    async close() {
      session.close();
    },
  };
}
