import { type Buffer, isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { InvalidSetting } from '../errors.ts';
import { parseJson } from './json.ts';
import { valueAt } from './path.ts';
import { excerpt, Rejection } from './rejection.ts';
import { declaredFields, foundFields } from './run-fields.ts';
import type { Checkpoint, SourceField, SourcePage, SourceReader, SourceRecord } from './run-ports.ts';
import { redisFault } from './run-redis-fault.ts';
import { type RedisPort, RedisRefused, type RedisReply } from './run-redis-port.ts';
import { KEY_MEMBER, type RedisSource, VALUE_MEMBER } from './run-redis-source.ts';
import { foldedName } from './topic-task.ts';

/** Where a run is: which step of SCAN, and how many of its keys are written. */
interface Place {
  /** Of which declaration it is. */
  readonly of: string;
  /** A cursor means something to the process that gave it, and nothing to another: one that was started again, or has taken its place. */
  readonly server: string;
  readonly cursor: string;
  readonly index: number;
  /** The keys of the step: with other keys it is written from its beginning. */
  readonly hash: string | null;
  /** Something was read before this run, or is read again. */
  readonly again: boolean;
}

/** One step of SCAN. */
interface Step {
  /** Which process it is of; empty where the login may not ask. */
  readonly server: string;
  readonly from: string;
  readonly next: string;
  readonly keys: readonly Buffer[];
  readonly hash: string;
}

/** What is at some keys. */
interface Found {
  readonly records: readonly SourceRecord[];
  /** How many keys end with each record. */
  readonly ends: readonly number[];
  /** How many keys were looked at: those that are gone have no record. */
  readonly looked: number;
  readonly bytes: number;
}

export interface RedisReading {
  readonly source: RedisSource;
  /** The most records of one page of the run. */
  readonly pageSize: number;
  readonly redis: RedisPort;
  /** Milliseconds, of a clock that only goes forward. */
  readonly now: () => number;
  /** The setting's place, for messages. */
  readonly where: string;
}

const FIRST_CURSOR = '0';
/** About so many keys are looked at in one step: a server does nothing else meanwhile. */
const SCAN_COUNT = 2000;
/** So many values are asked for at once; a page ends when it has more than these bytes. */
const VALUES_AT_ONCE = 100;
const PAGE_BYTES = 4 * 1024 * 1024;
/** To learn the names of a source's fields. */
const LOOK_MS = 20_000;

/**
 * Keys of a Redis and what is at them, by SCAN: every key that is there from a run's beginning to its end is read, some of them more than once.
 * What comes or goes meanwhile may be read or not.
 */
export function redisReader({ source, pageSize, redis, now, where }: RedisReading): SourceReader {
  const own = createHash('sha256')
    .update(JSON.stringify([source.match, source.as]))
    .digest('hex')
    .slice(0, 16);
  let kept: Step | undefined;
  let first: readonly SourceRecord[] | undefined;

  /** A cluster's keys are in several members, and SCAN knows those of one. */
  async function checkAlone(): Promise<void> {
    const [reply] = await redis.ask([['INFO', 'cluster']], LOOK_MS);
    if (/^cluster_enabled:1\s*$/m.test(infoOf(reply))) {
      throw new InvalidSetting(
        `${where}: source.redis`,
        'a member of a cluster',
        'a single server: the keys of a cluster are in several members',
      );
    }
  }

  /** The keys behind a cursor, and the server it is of: on one connection, so that it is the same. */
  async function scan(cursor: string, timeMs: number): Promise<Step> {
    const words = [cursor, 'MATCH', source.match, 'COUNT', String(SCAN_COUNT)];
    const [info, reply] = await redis.ask(
      [
        ['INFO', 'server'],
        ['SCAN', ...words],
      ],
      timeMs,
    );
    if (reply instanceof RedisRefused) {
      throw reply;
    }
    const [next, found] = reply as readonly [RedisReply, readonly Buffer[]];
    // SCAN may name a key twice in one answer.
    const keys = [...new Map(found.map((key) => [key.toString('latin1'), key])).values()];
    const hash = createHash('sha256');
    for (const key of keys) {
      hash.update(key).update('\0');
    }
    const server = /^run_id:(\S+)/m.exec(infoOf(info))?.[1] ?? '';

    return { server, from: cursor, next: textOf(next), keys, hash: hash.digest('hex').slice(0, 16) };
  }

  /** The step that a place is in; on another server than the place's the run begins again, and what is there is compared. */
  async function stepAt(place: Place, timeMs: number): Promise<{ readonly place: Place; readonly step: Step }> {
    if (kept?.from === place.cursor && (kept.server === place.server || place.cursor === FIRST_CURSOR)) {
      return { place, step: kept };
    }
    kept = await scan(place.cursor, timeMs);
    if (place.cursor === FIRST_CURSOR || kept.server === place.server) {
      return { place, step: kept };
    }
    kept = await scan(FIRST_CURSOR, timeMs);

    return { place: { ...place, cursor: FIRST_CURSOR, index: 0, hash: null, again: true }, step: kept };
  }

  /** Their values, in as many rounds as it takes to have enough. */
  async function recordsOf(keys: readonly Buffer[], timeMs: number): Promise<Found> {
    const records: SourceRecord[] = [];
    const ends: number[] = [];
    const deadline = now() + timeMs;
    let [bytes, looked] = [0, 0];
    while (looked < keys.length && bytes < PAGE_BYTES && records.length < pageSize) {
      const asked = keys.slice(looked, looked + Math.min(VALUES_AT_ONCE, pageSize - records.length));
      const command = source.as === 'hash' ? 'HGETALL' : 'GET';
      const replies = await redis.ask(
        asked.map((key) => [command, key] as const),
        Math.max(1, deadline - now()),
      );
      for (const [at, key] of asked.entries()) {
        const reply = replies[at] ?? null;
        bytes += key.length + sizeOf(reply);
        const record = recordOf(source, key, reply);
        if (record !== undefined) {
          records.push(record);
          ends.push(looked + at + 1);
        }
      }
      looked += asked.length;
    }

    // What is gone behind the last record is passed over with it.
    return { records, ends: [...ends.slice(0, -1), looked], looked, bytes };
  }

  return {
    async fields() {
      if (source.fields !== undefined) {
        return declaredFields(source.fields, valueAt);
      }
      first ??= await firstRecords();

      return first.length === 0 ? undefined : fieldsOf(first);
    },

    async begin(mark) {
      kept = undefined;
      await checkAlone();
      const again = (mark as { readonly of?: string } | null)?.of === own;
      const place: Place = { of: own, server: '', cursor: FIRST_CURSOR, index: 0, hash: null, again };

      return place as unknown as Checkpoint;
    },

    isOwn: async (place) => (place as unknown as Place | null)?.of === own,

    async read(after, timeMs) {
      const deadline = now() + timeMs;
      const left = () => Math.max(1, deadline - now());
      const { place, step } = await stepAt(after as unknown as Place, left());
      const shifted = place.index > 0 && place.hash !== step.hash;
      const from = shifted ? 0 : place.index;
      const { server, hash } = step;
      const here: Place = { ...place, server, hash, again: place.again || shifted };
      const { records, ends, looked, bytes } = await recordsOf(step.keys.slice(from), left());

      return {
        records,
        after(count) {
          const index = from + (count === 0 ? looked : (ends[count - 1] ?? looked));
          const next: Place =
            index < step.keys.length ? { ...here, index } : { ...here, cursor: step.next, index: 0, hash: null };

          return next as unknown as Checkpoint;
        },
        isLast: from + looked >= step.keys.length && step.next === FIRST_CURSOR,
        bytes,
        isRepeated: here.again,
      } satisfies SourcePage;
    },

    markOf: () => ({ of: own }),

    faultOf: (error) => {
      const fault = redisFault(error);

      return fault.kind === 'data' ? { ...fault, kind: 'lasting' } : fault;
    },

    async close() {
      kept = undefined;
      first = undefined;
      await redis.close();
    },
  };

  /** Of the first step that has some, or of none. */
  async function firstRecords(): Promise<readonly SourceRecord[]> {
    const deadline = now() + LOOK_MS;
    const left = () => Math.max(1, deadline - now());
    await checkAlone();
    let cursor = FIRST_CURSOR;
    do {
      const { keys, next } = await scan(cursor, left());
      const { records } = await recordsOf(keys, left());
      if (records.length > 0) {
        return records;
      }
      cursor = next;
      if (now() > deadline) {
        throw new InvalidSetting(
          `${where}: source.fields`,
          undefined,
          `fields: within ${LOOK_MS / 1000} s no key was met that tells what its members are`,
        );
      }
    } while (cursor !== FIRST_CURSOR);

    return [];
  }
}

/** The key, unless a member is called so, and the members. */
function fieldsOf(records: readonly SourceRecord[]): readonly SourceField[] {
  const fields = foundFields(records.map(({ value }) => value));
  const own = fields.filter(({ path: [name] }) => name !== KEY_MEMBER);
  const isTaken = own.some(({ name }) => foldedName(name) === 'key');

  return [...(isTaken ? [] : [{ name: 'key', type: 'string' as const, path: [KEY_MEMBER], at: valueAt }]), ...own];
}

/** @returns undefined for a key that is gone */
function recordOf({ as }: RedisSource, key: Buffer, reply: RedisReply | RedisRefused): SourceRecord | undefined {
  const position = isUtf8(key) ? key.toString('utf8') : `bytes ${key.toString('base64')}`;
  const rejected = (rejection: Rejection, value: unknown = { [KEY_MEMBER]: position }) => ({
    ...{ value, position, rejection },
    key: position,
  });
  if (!isUtf8(key)) {
    return rejected(new Rejection('characters', 'the key is no text in UTF-8'));
  }
  if (reply instanceof RedisRefused) {
    return rejected(new Rejection('type', `at ${excerpt(position)} is no ${WANTED[as]}: ${reply.message}`));
  }
  if (reply === null || (Array.isArray(reply) && reply.length === 0)) {
    return undefined;
  }
  if ((Array.isArray(reply) ? reply : [reply]).some((part) => !isText(part))) {
    return rejected(new Rejection('characters', `at ${excerpt(position)} is no text in UTF-8`));
  }
  if (Array.isArray(reply)) {
    const members = reply.flatMap((name, at) => (at % 2 === 0 ? [[textOf(name), textOf(reply[at + 1] ?? '')]] : []));

    // A field may be `__proto__`, which assignment would not make one.
    return { value: Object.fromEntries([...members, [KEY_MEMBER, position]]), position, key: position };
  }
  const text = textOf(reply);
  if (as === 'text') {
    return { value: { [VALUE_MEMBER]: text, [KEY_MEMBER]: position }, position, key: position };
  }
  const value = objectOf(text);

  return value instanceof Rejection
    ? rejected(value, text)
    : { value: { ...value, [KEY_MEMBER]: position }, position, key: position };
}

const WANTED = { hash: 'hash', json: 'text', text: 'text' } as const;

function objectOf(text: string): Record<string, unknown> | Rejection {
  try {
    const value = parseJson(text);

    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : new Rejection('syntax', 'it is no object of JSON');
  } catch (error) {
    return new Rejection('syntax', `it is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** Who may not ask is told apart by nothing, and reads on. */
function infoOf(reply: RedisReply | RedisRefused | undefined): string {
  return reply === undefined || reply instanceof RedisRefused ? '' : textOf(reply);
}

function isText(reply: RedisReply): boolean {
  return typeof reply === 'string' || (reply !== null && !Array.isArray(reply) && isUtf8(reply as Buffer));
}

function textOf(reply: RedisReply): string {
  return typeof reply === 'string' ? reply : reply === null || Array.isArray(reply) ? '' : (reply as Buffer).toString();
}

function sizeOf(reply: RedisReply | RedisRefused): number {
  if (Array.isArray(reply)) {
    return reply.reduce((sum: number, part) => sum + sizeOf(part), 0);
  }

  return reply === null || reply instanceof RedisRefused ? 0 : (reply as Buffer | string).length;
}
