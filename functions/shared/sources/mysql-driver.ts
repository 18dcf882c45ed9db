import { connect, isIP, type Socket } from 'node:net';
import mysql, { type Connection, type FieldPacket, type ResultSetHeader, type SslOptions } from 'mysql2';
import { isOn, type SourceAddress, type TlsMode } from '../../../core/apic/script/jdbc-url.ts';
import { checkValues } from '../../../core/apic/script/positional.ts';
import type { SourceValue } from '../../../core/apic/script/source-value.ts';
import { type MysqlValueOptions, type ValueReader, valueReader } from './mysql-values.ts';
import { ResultRows } from './result-rows.ts';
import { SourceFailed, type SourceLogin, type SourceSession, within } from './source.ts';

/** Statements with values that a session keeps prepared. */
const PREPARED = 50;
/** To end a statement that takes too long, on a connection of its own. */
const KILL_MS = 2000;
const ENDED = 'the database ended the connection';
const NAMES = 'SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci';
const TLS: Readonly<Record<Exclude<TlsMode, 'disabled'>, SslOptions>> = {
  preferred: { rejectUnauthorized: false, verifyIdentity: false },
  required: { rejectUnauthorized: false, verifyIdentity: false },
  'verify-ca': { rejectUnauthorized: true, verifyIdentity: false },
  'verify-identity': { rejectUnauthorized: true, verifyIdentity: true },
};

/** A session of MySQL or MariaDB. @throws SourceFailed when nobody is there or the login is wrong */
export async function open(login: SourceLogin, timeMs: number): Promise<SourceSession> {
  const { tls } = login.address;
  if (tls !== 'preferred') {
    return sessionOf(login, await connected(login, tls, timeMs));
  }
  const startedAt = performance.now();
  try {
    return sessionOf(login, await connected(login, 'preferred', timeMs));
  } catch (error) {
    if (!(error instanceof NoTls)) {
      throw error;
    }
  }

  return sessionOf(login, await connected(login, 'disabled', timeMs - (performance.now() - startedAt)));
}

/** The server does not encrypt. */
class NoTls extends SourceFailed {}

async function connected(login: SourceLogin, tls: TlsMode, timeMs: number): Promise<Connection> {
  const { address, pinned, user, password, ca } = login;
  const connection = mysql.createConnection({
    // The name is for the certificate; the stream goes to the address that was judged.
    host: address.host,
    stream: () => socketTo(pinned.address, address),
    user,
    password,
    ...(address.database !== '' && { database: address.database }),
    charset: 'UTF8MB4_UNICODE_CI',
    connectTimeout: Math.max(1, timeMs),
    ...(tls !== 'disabled' && { ssl: { ...TLS[tls], ...(ca !== undefined && { ca }) } }),
    // The driver's own additions to sql_mode and to what a server may ask of this machine: `LOAD DATA LOCAL` would read its files.
    flags: ['-IGNORE_SPACE', '-LOCAL_FILES'],
    multipleStatements: false,
    rowsAsArray: true,
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
    maxPreparedStatements: PREPARED,
  });
  const opened = new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error ? reject(failureOf(error)) : resolve()));
  });
  try {
    await within(
      timeMs,
      opened,
      () => new SourceFailed(`no connection to ${place(login)} within ${Math.round(timeMs)} ms`),
    );
  } catch (error) {
    // What is still under way fails then, and nobody listens.
    connection.on('error', () => undefined);
    connection.destroy();
    throw error;
  }

  return connection;
}

/**
 * Keeps no process alive: whoever waits for an answer does. A certificate that names an IP address is found by the host of the socket, since the driver
 * gives TLS no name then; without one that would be `localhost`.
 */
function socketTo(pinned: string, { host, port }: Pick<SourceAddress, 'host' | 'port'>): Socket {
  const socket = connect({ host: pinned, port, noDelay: true, keepAlive: true });
  if (isIP(host) !== 0) {
    Object.assign(socket, { _host: host });
  }
  socket.unref();

  return socket;
}

function sessionOf(login: SourceLogin, connection: Connection): SourceSession {
  const { options } = login.address;
  const values: MysqlValueOptions = {
    tinyIsBoolean: isOn(options, 'tinyInt1isBit', true),
    zeroDate: /null$/i.test(options.get('zerodatetimebehavior') ?? '') ? 'null' : 'text',
  };
  let usable = true;
  let lose: ((error: Error) => void) | undefined;
  const close = () => {
    usable = false;
    connection.destroy();
  };
  // The driver tells the connection that it is lost, and not the statement that waits on it.
  connection.on('error', (error: DriverError) => {
    usable = false;
    lose?.(failureOf(error));
  });
  connection.on('end', () => {
    usable = false;
    lose?.(new SourceFailed(ENDED));
  });

  return {
    get usable() {
      return usable;
    },
    async execute(statement, bound, timeMs) {
      checkValues(statement, bound);
      if (!usable) {
        throw new SourceFailed(ENDED);
      }
      const late = () => new SourceFailed(`the statement was ended after ${Math.round(timeMs)} ms`);
      const { promise: lost, reject } = Promise.withResolvers<never>();
      lose = reject;
      try {
        return await within(timeMs, Promise.race([run(connection, statement, bound, values), lost]), late);
      } catch (error) {
        if (!(error instanceof StatementRefused)) {
          const id = connection.threadId;
          close();
          await endStatement(login, id);
        }
        throw error;
      } finally {
        lose = undefined;
      }
    },
    async reset() {
      await new Promise<void>((resolve, reject) => {
        (connection as Resettable).reset((error) => (error ? reject(error) : resolve()));
      });
      await new Promise<void>((resolve, reject) => {
        connection.query(NAMES, (error) => (error ? reject(error) : resolve()));
      });
    },
    close,
  };
}

/** In the driver, and not yet in its types: COM_RESET_CONNECTION. */
interface Resettable {
  reset(done: (error: Error | null) => void): void;
}

/** The database's own refusal of a statement: the session is as good as before. */
class StatementRefused extends SourceFailed {}

function run(
  connection: Connection,
  statement: string,
  values: readonly SourceValue[],
  options: MysqlValueOptions,
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let readers: readonly ValueReader[] = [];
  let result: ResultRows | undefined;
  let resultSets = 0;
  let changed = 0;
  // Prepared only where something is bound: not every statement can be prepared, and a plain one saves the round trip.
  const command =
    values.length === 0
      ? connection.query({ sql: statement })
      : connection.execute({ sql: statement, values: values.map(boundValue) });
  command.on('fields', (fields: readonly FieldPacket[] | undefined) => {
    if (fields === undefined) {
      return;
    }
    resultSets += 1;
    // A procedure may answer several: the first is what the drivers of Java answer first.
    if (resultSets === 1) {
      readers = fields.map((field) => valueReader(field, options));
      result = new ResultRows(fields.map(({ name }) => name));
    }
  });
  command.on('result', (row: unknown) => {
    if (!Array.isArray(row)) {
      changed = (row as ResultSetHeader).affectedRows;
    } else if (resultSets === 1) {
      try {
        result?.add(row.map((value, index) => readers[index]?.(value)));
      } catch (error) {
        reject(error);
      }
    }
  });
  command.on('error', (error: Error) => reject(failureOf(error)));
  command.on('end', () => resolve(result?.rows ?? changed));

  return promise;
}

/** As Java's driver would bind it: whole numbers as such, for `LIMIT ?` takes no other. */
function boundValue(value: SourceValue): unknown {
  if (typeof value === 'boolean') {
    return mysql.TypedParameter.TINYINT(value);
  }

  return Number.isSafeInteger(value) ? mysql.TypedParameter.BIGINT(BigInt(value as number)) : value;
}

/** A statement goes on after its connection is gone. */
async function endStatement(login: SourceLogin, id: number | undefined): Promise<void> {
  if (id === undefined) {
    return;
  }
  try {
    const killer = await connected(login, login.address.tls === 'preferred' ? 'disabled' : login.address.tls, KILL_MS);
    killer.on('error', () => undefined);
    await within(
      KILL_MS,
      new Promise((done) => killer.query(`KILL ${id}`, done)),
      () => new SourceFailed('not ended'),
    ).finally(() => killer.destroy());
  } catch {
    // It ends by itself, or by the server's own limits.
  }
}

function failureOf(error: DriverError): SourceFailed {
  if (error.code === 'HANDSHAKE_NO_SSL_SUPPORT') {
    return new NoTls('the server does not encrypt, and the URL asks for it');
  }
  if (error.sqlState === undefined) {
    return new SourceFailed(`the database cannot be reached: ${error.message || error.code}`, { cause: error });
  }
  const message = `${error.message} (error ${error.errno}, SQLState ${error.sqlState})`;

  return error.fatal === true
    ? new SourceFailed(message, { cause: error })
    : new StatementRefused(message, { cause: error });
}

function place({ address: { host, port } }: SourceLogin): string {
  return `${host}:${port}`;
}

interface DriverError extends Error {
  readonly code?: string | undefined;
  readonly errno?: number | undefined;
  readonly sqlState?: string | undefined;
  readonly fatal?: boolean | undefined;
}
