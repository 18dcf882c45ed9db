import { connect, isIP, Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import type { TlsMode } from '../../../core/apic/script/jdbc-url.ts';
import { numberedStatement } from '../../../core/apic/script/numbered.ts';
import type { SourceValue } from '../../../core/apic/script/source-value.ts';
import { type ValueReader, valueReader } from './postgresql-values.ts';
import { ResultRows } from './result-rows.ts';
import { SourceFailed, type SourceLogin, type SourceSession, within, withinBytes } from './source.ts';

/** To end a statement that takes too long, on a connection of its own. */
const CANCEL_MS = 2000;
/** postgresql.org/docs/current/protocol-message-formats.html, CancelRequest */
const CANCEL_REQUEST = { length: 16, code: 80877102 };
/** What is read and how statements are: whatever the database and its users are set to. */
const SETTINGS = [
  "SET DateStyle TO 'ISO'",
  "SET IntervalStyle TO 'postgres'",
  "SET TimeZone TO 'UTC'",
  'SET bytea_output TO hex',
  'SET extra_float_digits TO 3',
  'SET standard_conforming_strings TO on',
];
/** All values come as the text the server writes. */
const AS_TEXT: pg.CustomTypesConfig = { getTypeParser: () => (text: unknown) => text };

/** A session of PostgreSQL. @throws SourceFailed when nobody is there or the login is wrong */
export async function open(login: SourceLogin, timeMs: number): Promise<SourceSession> {
  if (login.user === '') {
    throw new SourceFailed('PostgreSQL needs a user: setUser, or `user` in the URL');
  }
  const { tls } = login.address;
  if (tls !== 'preferred') {
    return sessionOf(login, await connected(login, tls, timeMs));
  }
  const startedAt = performance.now();
  try {
    return await sessionOf(login, await connected(login, 'preferred', timeMs));
  } catch (error) {
    if (!(error instanceof NoTls)) {
      throw error;
    }
  }

  return sessionOf(login, await connected(login, 'disabled', timeMs - (performance.now() - startedAt)));
}

/** The server does not encrypt. */
class NoTls extends SourceFailed {}

interface Connected {
  readonly client: pg.Client;
  readonly socket: Socket;
}

async function connected(login: SourceLogin, tls: TlsMode, timeMs: number): Promise<Connected> {
  const { address, pinned, user, password, ca } = login;
  const socket = new Socket();
  // Keeps no process alive: whoever waits for an answer does.
  socket.unref();
  const client = new pg.Client({
    host: pinned.address,
    port: address.port,
    user,
    // As a function: an empty one would be looked for in the environment and in files.
    password: () => password,
    database: address.database === '' ? user : address.database,
    stream: () => socket,
    ssl: tls === 'disabled' ? false : tlsOptions(tls, address.host, ca),
    keepAlive: true,
    types: AS_TEXT,
    application_name: address.options.get('applicationname') ?? 'causeway',
  });
  // What happens to a connection later is told to the statement that runs, or by `usable`.
  client.on('error', () => undefined);
  try {
    await within(
      timeMs,
      client.connect().then(() => prepare(client, address.options)),
      () => new SourceFailed(`no connection to ${place(login)} within ${Math.round(timeMs)} ms`),
    );
  } catch (error) {
    socket.destroy();
    throw failureOf(error);
  }

  return { client, socket };
}

async function prepare(client: pg.Client, options: ReadonlyMap<string, string>): Promise<void> {
  const schemas = options.get('currentschema');
  const path = schemas === undefined ? [] : [`SET search_path TO ${schemas.split(',').map(quotedName).join(', ')}`];
  await client.query([...SETTINGS, ...path].join('; '));
}

/** Without quotes a name has no case, as in SQL. */
function quotedName(name: string): string {
  const [, quoted] = /^"(.*)"$/.exec(name.trim()) ?? [];

  return `"${(quoted ?? name.trim().toLowerCase()).replaceAll('"', '""')}"`;
}

/** The name is for the certificate; the connection goes to the address that was judged. */
function tlsOptions(tls: Exclude<TlsMode, 'disabled'>, host: string, ca: string | undefined): ConnectionOptions {
  return {
    rejectUnauthorized: tls === 'verify-ca' || tls === 'verify-identity',
    ...(ca !== undefined && { ca }),
    ...(isIP(host) === 0 && { servername: host }),
    ...(tls !== 'verify-identity' && { checkServerIdentity: () => undefined }),
  };
}

function sessionOf(login: SourceLogin, { client, socket }: Connected): SourceSession {
  let usable = true;
  const close = () => {
    usable = false;
    socket.destroy();
  };
  client.on('error', () => {
    usable = false;
  });
  client.on('end', () => {
    usable = false;
  });
  // `COPY … FROM STDIN`, which the driver refuses: the end it had already announced was lost in it.
  client.connection.on('copyInResponse', () => client.connection.sync());

  return {
    get usable() {
      return usable;
    },
    async execute(statement, values, timeMs) {
      const text = numberedStatement(statement, values);
      const late = () => new SourceFailed(`the statement was ended after ${Math.round(timeMs)} ms`);
      try {
        return await within(timeMs, withinBytes(client.connection.stream, run(client, text, values)), late);
      } catch (error) {
        if (!(error instanceof StatementRefused)) {
          close();
          await cancel(login, client);
        }
        throw error;
      }
    },
    async reset() {
      await client.query('ROLLBACK');
      await client.query('DISCARD ALL');
      await prepare(client, login.address.options);
    },
    close,
  };
}

/** The database's own refusal of a statement: the session is as good as before. */
class StatementRefused extends SourceFailed {}

/** In the driver, and not yet in its types: one statement, whether it has values or not. */
interface Statement extends pg.QueryConfig {
  readonly queryMode: 'extended';
  readonly rowMode: 'array';
}

function run(client: pg.Client, text: string, values: readonly SourceValue[]): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let readers: readonly ValueReader[] = [];
  let result: ResultRows | undefined;
  const begin = (fields: readonly pg.FieldDef[]) => {
    readers = fields.map(valueReader);
    result = new ResultRows(fields.map(({ name }) => name));

    return result;
  };
  const statement: Statement = { text, values: values.map(boundValue), queryMode: 'extended', rowMode: 'array' };
  const query = client.query(new pg.Query<(string | null)[]>(statement));
  query.on('row', (row, raw) => {
    try {
      (result ?? begin(raw?.fields ?? [])).add(row.map((value, index) => readers[index]?.(value)));
    } catch (error) {
      reject(error);
    }
  });
  query.on('error', (error: unknown) => reject(failureOf(error)));
  query.on('end', ({ fields, rowCount }) => {
    resolve(fields.length > 0 ? (result ?? begin(fields)).rows : (rowCount ?? 0));
  });

  return promise;
}

/** Untyped, so that the server takes each for what its place needs. */
function boundValue(value: SourceValue): string | null {
  return value === null ? null : String(value);
}

/** A statement goes on after its connection is gone. The request for its end is understood by servers that encrypt, too. */
async function cancel(login: SourceLogin, client: pg.Client): Promise<void> {
  const { processID, secretKey } = client as unknown as { readonly processID: number; readonly secretKey: number };
  const request = Buffer.alloc(CANCEL_REQUEST.length);
  request.writeInt32BE(CANCEL_REQUEST.length, 0);
  request.writeInt32BE(CANCEL_REQUEST.code, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  const socket = connect({ host: login.pinned.address, port: login.address.port });
  const done = new Promise<void>((resolve) => {
    socket.on('close', () => resolve()).on('error', () => resolve());
  });
  socket.end(request);
  try {
    await within(CANCEL_MS, done, () => new SourceFailed('not ended'));
  } catch {
    // It ends by itself, or by the server's own limits.
  } finally {
    socket.destroy();
  }
}

function failureOf(error: unknown): SourceFailed {
  if (error instanceof SourceFailed) {
    return error;
  }
  if (error instanceof pg.DatabaseError && error.code !== undefined) {
    const detail = error.detail === undefined ? '' : ` ${error.detail}`;
    const message = `${error.severity}: ${error.message}${detail} (SQLState ${error.code})`;

    return error.severity === 'ERROR'
      ? new StatementRefused(message, { cause: error })
      : new SourceFailed(message, { cause: error });
  }
  const { message, code } = error as NodeJS.ErrnoException;
  if (message === 'The server does not support SSL connections') {
    return new NoTls('the server does not encrypt, and the URL asks for it', { cause: error });
  }

  return new SourceFailed(`the database cannot be reached: ${message || code}`, { cause: error });
}

function place({ address: { host, port } }: SourceLogin): string {
  return `${host}:${port}`;
}
