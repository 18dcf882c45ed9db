import { isUtf8 } from 'node:buffer';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Redis } from 'ioredis';
import type { TlsMode } from '../../../core/apic/script/jdbc-url.ts';
import { redisCommand } from '../../../core/apic/script/redis-command.ts';
import { exactNumber } from '../../../core/apic/script/source-value.ts';
import { checkSize } from './result-rows.ts';
import { SourceFailed, type SourceLogin, type SourceSession, within, withinBytes } from './source.ts';

/** They would make of the connection something else than questions and answers. */
const REFUSED: ReadonlySet<string> = new Set([
  'SUBSCRIBE',
  'PSUBSCRIBE',
  'SSUBSCRIBE',
  'UNSUBSCRIBE',
  'PUNSUBSCRIBE',
  'SUNSUBSCRIBE',
  'MONITOR',
  'SYNC',
  'PSYNC',
  'REPLCONF',
  'HELLO',
  'RESET',
  'QUIT',
]);
/** They leave something behind: their connection is not for the next call. */
const OF_SESSION: ReadonlySet<string> = new Set([
  'AUTH',
  'SELECT',
  'MULTI',
  'WATCH',
  'CLIENT',
  'READONLY',
  'READWRITE',
  'ASKING',
  'SCRIPT',
]);

/** A session of Redis. @throws SourceFailed when nobody is there or the login is wrong */
export async function open(login: SourceLogin, timeMs: number): Promise<SourceSession> {
  const { address, pinned, ca } = login;
  const redis = new Redis({
    host: pinned.address,
    port: address.port,
    ...(address.tls !== 'disabled' && { tls: tlsOptions(address.tls, address.host, ca) }),
    protocol: 2,
    lazyConnect: true,
    connectTimeout: Math.max(1, timeMs),
    // A connection that is lost stays lost: the next statement gets a new one, to an address that was judged.
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    enableReadyCheck: false,
    disableClientInfo: true,
    stringNumbers: true,
  });
  let cause: Error | undefined;
  redis.on('error', (error: Error) => {
    cause ??= error;
  });
  try {
    await within(
      timeMs,
      redis.connect().then(() => enter(redis, login)),
      () => new SourceFailed(`no connection to ${address.host}:${address.port} within ${Math.round(timeMs)} ms`),
    );
  } catch (error) {
    cut(redis);
    throw failureOf(cause ?? (error as Error));
  }
  // Keeps no process alive: whoever waits for an answer does.
  redis.stream.unref();

  return sessionOf(redis);
}

/** The driver's own way of it warns on the console and goes on. */
async function enter(redis: Redis, { address: { database }, user, password }: SourceLogin): Promise<void> {
  if (password !== '') {
    await redis.callBuffer('AUTH', user === '' ? [password] : [user, password]);
  }
  if (database !== '') {
    await redis.callBuffer('SELECT', [database]);
  }
}

/** Without waiting for the server to agree; of what is over already the driver would wait for the end once more. */
function cut(redis: Redis): void {
  if (redis.status !== 'end') {
    redis.disconnect();
    redis.stream?.destroy();
  }
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

function sessionOf(redis: Redis): SourceSession {
  let usable = true;
  let changed = false;
  const close = () => {
    usable = false;
    cut(redis);
  };
  redis.on('close', () => {
    usable = false;
  });

  return {
    get usable() {
      return usable;
    },
    async execute(statement, values, timeMs) {
      const { name, words } = redisCommand(statement, values);
      if (REFUSED.has(name)) {
        throw new SourceFailed(`${name} is not for scripts: a call gets one answer`);
      }
      changed ||= OF_SESSION.has(name);
      const late = () => new SourceFailed(`the command was ended after ${Math.round(timeMs)} ms`);
      const [, ...parameters] = words;
      const asked = withinBytes(redis.stream, redis.callBuffer(name, parameters));
      const reply = await within(timeMs, asked, late).catch((error: Error) => {
        const failure = failureOf(error);
        if (!(failure instanceof CommandRefused)) {
          close();
        }
        throw failure;
      });
      checkSize(sizeOf(reply));

      return name === 'HGETALL' && Array.isArray(reply) ? mapOf(reply) : answerOf(reply);
    },
    async pipeline(commands, timeMs) {
      const late = () => new SourceFailed(`no answer within ${Math.round(timeMs)} ms`);
      const asked = commands.map(([name, ...words]) => redis.callBuffer(name, words).catch(refusalOf));

      return within(timeMs, withinBytes(redis.stream, Promise.all(asked)), late).catch((error: Error) => {
        close();
        throw failureOf(error);
      });
    },
    async reset() {
      if (changed) {
        throw new SourceFailed('the connection is not as it was');
      }
    },
    close,
  };
}

/** The server's own refusal of a command: the session is as good as before. */
export class CommandRefused extends SourceFailed {}

/** Among the answers of several commands. */
function refusalOf(error: Error): CommandRefused {
  const failure = failureOf(error);
  if (failure instanceof CommandRefused) {
    return failure;
  }
  throw failure;
}

function mapOf(pairs: readonly Buffer[]): Record<string, unknown> {
  const entries = pairs.flatMap((key, index) =>
    index % 2 === 0 ? [[String(answerOf(key)), answerOf(pairs[index + 1])]] : [],
  );

  // A field may be `__proto__`, which assignment would not make one.
  return Object.fromEntries(entries);
}

/** Numbers as such, texts as texts, other bytes as base64. */
function answerOf(reply: unknown): unknown {
  if (Buffer.isBuffer(reply)) {
    return reply.toString(isUtf8(reply) ? 'utf8' : 'base64');
  }
  if (Array.isArray(reply)) {
    return reply.map(answerOf);
  }
  if (reply instanceof Error) {
    // Within a transaction's answers.
    return reply.message;
  }

  return typeof reply === 'string' ? exactNumber(reply) : reply;
}

function sizeOf(reply: unknown): number {
  if (Array.isArray(reply)) {
    return reply.reduce((sum, entry) => sum + sizeOf(entry), 2);
  }

  return Buffer.isBuffer(reply) ? reply.length + 2 : 8;
}

/** Without the driver's error, which holds the command's words: passwords are among them. */
function failureOf(error: Error): SourceFailed {
  if (error instanceof SourceFailed) {
    return error;
  }

  return error.name === 'ReplyError'
    ? new CommandRefused(error.message)
    : new SourceFailed(`Redis cannot be reached: ${error.message || (error as NodeJS.ErrnoException).code}`);
}
