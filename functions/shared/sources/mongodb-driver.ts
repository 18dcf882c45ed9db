import { isIP } from 'node:net';
import {
  BSON,
  type ClientSession,
  type Db,
  MongoClient,
  type MongoClientOptions,
  MongoError,
  MongoServerError,
} from 'mongodb';
import type { MongoAddress, MongoHost } from '../../../core/fdi/mongo-url.ts';
import { type MongoDocument, MongoRefused, type MongoSession } from '../../../core/fdi/run-mongo-port.ts';
import { guardAddress } from '../address-guard.ts';
import { mongoMembers } from './mongodb-members.ts';
import { SourceFailed, within } from './source.ts';

export interface MongoLogin {
  readonly address: MongoAddress;
  readonly user: string;
  readonly password: string;
  /** PEM: the authorities that certify it, in place of the usual ones. */
  readonly ca?: string;
}

/** What a member says of itself, and of its set: https://www.mongodb.com/docs/manual/reference/command/hello */
interface Hello {
  readonly isWritablePrimary?: boolean;
  readonly setName?: string;
  readonly primary?: string;
}

const { EJSON } = BSON;
/** What a command may take when nobody says. */
const COMMAND_MS = 60_000;
const CLOSE_MS = 2000;
/** Members that are asked for the one that takes writes, and what they name. */
const MAX_ASKED = 10;

/**
 * A session at the member that takes writes: each member is judged, connected to by its address, and asked; nothing is found by itself.
 *
 * @throws SourceFailed, AddressRefused when none is reached, and MongoRefused for a login that is wrong
 */
export async function open(login: MongoLogin, timeMs: number): Promise<MongoSession> {
  const { address } = login;
  const deadline = performance.now() + timeMs;
  const { hosts, replicaSet } = await mongoMembers(address);
  const waiting = [...hosts];
  const asked = new Set<string>();
  let failure: unknown;
  for (let place = waiting.shift(); place !== undefined && asked.size < MAX_ASKED; place = waiting.shift()) {
    const name = `${place.host}:${place.port}`;
    if (asked.has(name)) {
      continue;
    }
    asked.add(name);
    try {
      const { client, hello } = await connect(login, place, deadline - performance.now());
      if (replicaSet !== undefined && hello.setName !== replicaSet) {
        await client.close();
        throw new SourceFailed(`${name} is of the set ${hello.setName ?? 'of none'}, and the URL says ${replicaSet}`);
      }
      if (hello.isWritablePrimary === true) {
        return sessionOf(client, client.db(address.database));
      }
      await client.close();
      failure ??= new SourceFailed(`${name} takes no writes, and its set has no primary now`);
      const primary = placeOf(hello.primary);
      waiting.unshift(...(primary === undefined ? [] : [primary]));
    } catch (error) {
      failure = failureOf(error, name);
      if (failure instanceof MongoRefused) {
        break;
      }
    }
  }
  throw failure ?? new SourceFailed('there is no host to connect to');
}

async function connect(
  { address, user, password, ca }: MongoLogin,
  { host, port }: MongoHost,
  timeMs: number,
): Promise<{ readonly client: MongoClient; readonly hello: Hello }> {
  const late = () => new SourceFailed(`no connection to ${host}:${port} within ${Math.round(timeMs)} ms`);
  const connectMs = Math.max(1, Math.min(timeMs, address.connectMs));
  const pinned = await within(connectMs, guardAddress(host, port), late);
  const place = pinned.family === 6 ? `[${pinned.address}]` : pinned.address;
  const options: MongoClientOptions = {
    directConnection: true,
    maxPoolSize: 1,
    connectTimeoutMS: connectMs,
    serverSelectionTimeoutMS: connectMs,
    // A member that is asked for long is none that hangs: each command has its own time.
    serverMonitoringMode: 'poll',
    heartbeatFrequencyMS: 60_000,
    retryReads: false,
    retryWrites: false,
    appName: 'causeway',
    ...(user !== '' && {
      auth: { username: user, password },
      authSource: address.authSource,
      ...(address.mechanism !== undefined && { authMechanism: address.mechanism }),
    }),
    ...(address.tls === 'disabled' ? { tls: false } : tlsOptions(address.tls, host, ca)),
  };
  const client = new MongoClient(`mongodb://${place}:${port}/`, options);
  const { promise: away, reject } = Promise.withResolvers<never>();
  // The driver goes on trying for all of its time, whatever it hears.
  client.once('serverHeartbeatFailed', ({ failure }) => reject(failure));
  away.catch(() => undefined);
  try {
    await within(connectMs, Promise.race([client.connect(), away]), late);
    const hello = (await within(connectMs, client.db('admin').command({ hello: 1 }), late)) as Hello;

    return { client, hello };
  } catch (error) {
    await client.close().catch(() => undefined);
    throw error;
  }
}

/** The name is for the certificate; the connection goes to the address that was judged. */
function tlsOptions(tls: Exclude<MongoAddress['tls'], 'disabled'>, host: string, ca: string | undefined) {
  return {
    tls: true,
    rejectUnauthorized: tls !== 'required',
    ...(ca !== undefined && { ca }),
    ...(isIP(host) === 0 && { servername: host }),
    ...(tls !== 'verify-identity' && { checkServerIdentity: () => undefined }),
  };
}

function sessionOf(client: MongoClient, db: Db): MongoSession {
  let transaction: ClientSession | undefined;

  async function end(): Promise<void> {
    const own = transaction;
    transaction = undefined;
    await own?.endSession().catch(() => undefined);
  }

  return {
    async command(command, timeMs = COMMAND_MS) {
      const late = () => new SourceFailed(`the command was ended after ${Math.round(timeMs)} ms`);
      const document = EJSON.deserialize(command as BSON.Document, { relaxed: false });
      const options = {
        ...(transaction !== undefined && { session: transaction }),
        ...{ promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true },
      };
      const reply = await within(timeMs, db.command(document, options), late).catch((error: unknown) => {
        throw failureOf(error);
      });

      return EJSON.serialize(reply, { relaxed: false }) as MongoDocument;
    },
    async begin() {
      transaction = client.startSession();
      transaction.startTransaction({ readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority' } });
    },
    async commit() {
      try {
        await transaction?.commitTransaction();
      } catch (error) {
        throw failureOf(error);
      } finally {
        await end();
      }
    },
    async rollback() {
      await transaction?.abortTransaction().catch(() => undefined);
      await end();
    },
    async close() {
      const over = Promise.all([end(), client.close()]);
      // It says goodbye, and a server that is gone does not answer.
      await within(CLOSE_MS, over, () => new SourceFailed('the server did not answer')).catch(() => undefined);
    },
  };
}

function placeOf(text: string | undefined): MongoHost | undefined {
  const [, host, port] = /^\[?([^\]]+)\]?:(\d+)$/.exec(text ?? '') ?? [];

  return host === undefined ? undefined : { host, port: Number(port) };
}

/** In the server's words where it has some; the driver's errors hold what was sent. */
function failureOf(error: unknown, name?: string): unknown {
  if (error instanceof MongoServerError) {
    const isTransient = error.hasErrorLabel('TransientTransactionError');

    return new MongoRefused(`${error.message} (${error.codeName ?? error.code})`, Number(error.code ?? 0), isTransient);
  }
  if (!(error instanceof MongoError)) {
    return error;
  }
  const reason = (error as { reason?: { error?: Error } }).reason?.error?.message ?? error.message;

  return new SourceFailed(`MongoDB cannot be reached${name === undefined ? '' : ` at ${name}`}: ${reason}`);
}
