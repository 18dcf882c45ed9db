import { Buffer } from 'node:buffer';
import { InvalidSetting } from '../errors.ts';
import { checkWholeNumber } from '../platform/check-setting.ts';
import { Pace } from './pace.ts';
import { Rejection } from './rejection.ts';
import type { ScheduledTask } from './run-definition.ts';
import { memberText, type ObjectCells, type ObjectPlan, objectText, planObjects } from './run-object-plan.ts';
import { NotTaken, type OutgoingRow, type Outlet, RowsRefused, type Sending } from './run-outlet.ts';
import type { RunFault, SourceField } from './run-ports.ts';
import { recordIds } from './run-record-id.ts';
import { redisFault } from './run-redis-fault.ts';
import { type RedisCommand, type RedisPort, RedisRefused } from './run-redis-port.ts';
import { checkForm, type RedisForm } from './run-redis-source.ts';

/** A Redis: each record is kept at a key of its own. */
export interface RedisTarget {
  readonly kind: 'redis';
  /** `upsert`: sets what is at the key. `delete`: removes it. */
  readonly write: 'upsert' | 'delete';
  /** Names of the mapping in braces: `order:{OrderId}`. */
  readonly key: string;
  /** A hash, a field for each name of the mapping; a text, an object of JSON; or the text of the one name. */
  readonly as: RedisForm;
  /** How long a key lasts from when it is written; for ever without it. */
  readonly ttlSeconds?: number;
}

/** A record on its way. */
export interface OutgoingCommand extends OutgoingRow {
  readonly command: RedisCommand;
  readonly bytes: number;
}

export interface RedisSending extends Pick<RedisPort, 'ask' | 'close'> {
  readonly pause: (ms: number) => Promise<void>;
  /** Milliseconds. */
  readonly now: () => number;
}

const FIELD = /\{([^{}]+)\}/g;
const MAX_TTL_SECONDS = 10 * 366 * 86_400;
const MAX_KEY_BYTES = 1024;
/** More than a Redis that answers at all lets anybody wait. */
const ANSWER_MS = 20_000;
/** Commands of one round: few enough that nobody else waits long for them. */
const ROUND = { commands: 500, bytes: 1024 * 1024 } as const;
/** Records between two places: as many as get through in about this time. */
const PACE = { first: 500, most: 10_000, targetMs: 5000 } as const;
/** Between attempts while the server starts, fails over or is busy; used up, the run waits. */
const WAITS_MS: readonly number[] = [100, 400, 1600, 5000];

/**
 * Sets a hash: fields without a value go, the others are set, and it lasts as long as it is told to; one command, so that nobody sees a part of
 * it. ARGV: milliseconds or 0, how many fields go, these, then fields and values.
 */
const SET_HASH = `local gone = tonumber(ARGV[2])
if gone > 0 then redis.call('HDEL', KEYS[1], unpack(ARGV, 3, 2 + gone)) end
if #ARGV > 2 + gone then redis.call('HSET', KEYS[1], unpack(ARGV, 3 + gone)) end
if ARGV[1] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 1`;

/** @param where the setting's place, for the message. @throws InvalidSetting for what no Redis can be told */
export function checkRedisTarget({ write, key, as, ttlSeconds }: RedisTarget, where: string): void {
  if (write !== 'upsert' && write !== 'delete') {
    throw new InvalidSetting(`${where}.write`, write, '`upsert` or `delete`');
  }
  const names = [...key.matchAll(FIELD)];
  if (names.length === 0 || /[{}]/.test(key.replaceAll(FIELD, '')) || !key.isWellFormed()) {
    throw new InvalidSetting(`${where}.key`, key, 'a key with names of the mapping in braces: `order:{OrderId}`');
  }
  checkForm(as, `${where}.as`);
  if (ttlSeconds !== undefined) {
    checkWholeNumber(`${where}.ttl`, ttlSeconds, 1, MAX_TTL_SECONDS);
    if (write === 'delete') {
      throw new InvalidSetting(`${where}.ttl`, ttlSeconds, 'none: what is deleted lasts no longer');
    }
  }
}

/** What proves the right to write: at a key that nobody has, for a moment. @param name in place of each name of the mapping */
export function probeCommand(
  { key, as, ttlSeconds, write }: RedisTarget,
  name: string,
): { readonly remove: RedisCommand; readonly write?: RedisCommand } {
  const own = key.replaceAll(FIELD, name);
  const remove: RedisCommand = ['DEL', own];
  if (write === 'delete') {
    return { remove };
  }
  const [names, cells] = [['causeway'], ['"test"']];

  return {
    remove,
    write:
      as === 'hash'
        ? hashCommand(own, names, cells, ttlSeconds === undefined ? undefined : '1000')
        : ['SET', own, 'test', 'PX', '1000'],
  };
}

/** Sets or removes keys, many commands a round, those of one key in the order of the source. */
export function redisOutlet(task: ScheduledTask, target: RedisTarget, ports: RedisSending): Outlet<OutgoingCommand> {
  const pace = new Pace(PACE, ports.now);

  return {
    plan(fields, run) {
      const own = target.write === 'delete' ? keyOnly(task, target, fields) : { task, fields };
      const objects = planObjects(own.task, own.fields);
      const idOf = recordIds(task, run);
      const keyOf = keyReader(target, objects, task.name);
      const commandOf = target.write === 'delete' ? deleteCommand : commandWriter(target, objects, task.name);

      return {
        version: objects.version,
        read(record) {
          const cells = objects.read(record);
          const key = cells instanceof Rejection ? cells : keyOf(cells);
          if (cells instanceof Rejection || key instanceof Rejection) {
            return cells instanceof Rejection ? cells : (key as Rejection);
          }
          const command = commandOf(key, cells);
          const bytes = command.reduce((sum, word) => sum + Buffer.byteLength(word), 0);

          return { id: idOf(record, [key, ...cells].join('\n')), command, bytes };
        },
      };
    },

    get recordsAtOnce() {
      return pace.records;
    },

    send: (rows, sending) =>
      pace.over(rows.length, async () => {
        for (const round of rounds(rows)) {
          await sendRound(round, ports, sending);
        }
      }),

    show: ({ command }) => ({
      command: command.map((word) => (word === SET_HASH ? '(sets a hash)' : String(word))),
    }),

    close: () => ports.close(),
  };
}

/** To remove a key takes its names, whatever else a record has. */
function keyOnly(task: ScheduledTask, { key }: RedisTarget, fields: readonly SourceField[]) {
  const names = new Set([...key.matchAll(FIELD)].map(([, name]) => name));
  const { mapping } = task;

  return mapping === 'by-name'
    ? { task, fields: fields.filter(({ name }) => names.has(name)) }
    : { task: { ...task, mapping: mapping.filter(({ column }) => names.has(column)) }, fields };
}

function keyReader({ key }: RedisTarget, objects: ObjectPlan, task: string) {
  const setting = `${task}: target.key`;
  const pieces = key.split(FIELD).map((piece, at) => (at % 2 === 0 ? piece : memberText(objects, piece, setting)));

  return (cells: ObjectCells): string | Rejection => {
    let text = '';
    for (const piece of pieces) {
      const part = typeof piece === 'string' ? piece : piece(cells);
      if (part instanceof Rejection) {
        return part;
      }
      text += part;
    }
    const bytes = Buffer.byteLength(text);

    return text === '' || bytes > MAX_KEY_BYTES
      ? new Rejection('length', `a key of ${bytes} bytes; it may have 1 to ${MAX_KEY_BYTES}`)
      : text;
  };
}

type CommandOf = (key: string, cells: ObjectCells) => RedisCommand;

const deleteCommand: CommandOf = (key) => ['DEL', key];

/** @throws InvalidSetting for a text of several names */
function commandWriter(target: RedisTarget, { names }: ObjectPlan, task: string): CommandOf {
  const { as, ttlSeconds } = target;
  const ttl = ttlSeconds === undefined ? undefined : String(ttlSeconds * 1000);
  const set = (key: string, text: string): RedisCommand => [
    'SET',
    key,
    text,
    ...(ttl === undefined ? [] : ['PX', ttl]),
  ];
  if (as === 'json') {
    return (key, cells) => set(key, objectText(names, cells));
  }
  if (as === 'hash') {
    return (key, cells) => hashCommand(key, names, cells, ttl);
  }
  const inKey = new Set([...target.key.matchAll(FIELD)].map(([, name]) => name));
  const others = names.flatMap((name, at) => (inKey.has(name) ? [] : [at]));
  const [only] = others;
  if (only === undefined || others.length > 1) {
    throw new InvalidSetting(
      `${task}: target.as`,
      'text',
      `one name of the mapping that is not in the key; it has ${others.map((at) => names[at]).join(', ') || 'none'}`,
    );
  }

  return (key, cells) => {
    const text = plainText(cells[only] ?? 'null');

    return text === undefined ? ['DEL', key] : set(key, text);
  };
}

function hashCommand(key: string, names: readonly string[], cells: ObjectCells, ttl: string | undefined): RedisCommand {
  const gone: string[] = [];
  const pairs: string[] = [];
  for (const [at, name] of names.entries()) {
    const text = plainText(cells[at] ?? 'null');
    if (text === undefined) {
      gone.push(name);
    } else {
      pairs.push(name, text);
    }
  }

  return ttl === undefined && gone.length === 0
    ? ['HSET', key, ...pairs]
    : ['EVAL', SET_HASH, '1', key, ttl ?? '0', String(gone.length), ...gone, ...pairs];
}

/** Texts as they are, others as JSON writes them; undefined of NULL, which Redis does not know. */
function plainText(json: string): string | undefined {
  if (json === 'null') {
    return undefined;
  }

  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}

function rounds(rows: readonly OutgoingCommand[]): readonly (readonly OutgoingCommand[])[] {
  const all: OutgoingCommand[][] = [];
  let [current, bytes]: [OutgoingCommand[], number] = [[], 0];
  for (const row of rows) {
    if (current.length === ROUND.commands || (current.length > 0 && bytes + row.bytes > ROUND.bytes)) {
      all.push(current);
      [current, bytes] = [[], 0];
    }
    current.push(row);
    bytes += row.bytes;
  }

  return current.length === 0 ? all : [...all, current];
}

/** Until all are done: what a server that starts or fails over refuses is sent again, behind nothing of its key that came later. */
async function sendRound(
  round: readonly OutgoingCommand[],
  ports: RedisSending,
  { hold, acknowledged }: Sending<OutgoingCommand>,
): Promise<void> {
  let left = round;
  for (let attempt = 0; ; attempt += 1) {
    await hold();
    const replies = await asked(left, ports);
    const first = left.findIndex((_, at) => replies[at] instanceof RedisRefused);
    for (const row of first < 0 ? left : left.slice(0, first)) {
      acknowledged(row);
    }
    const [row, fault] = [left[first], faultOf(replies[first])];
    if (row === undefined || fault === undefined) {
      return;
    }
    if (fault.kind === 'data') {
      throw new RowsRefused([row], fault);
    }
    const wait = fault.kind === 'passing' ? WAITS_MS[attempt] : undefined;
    if (wait === undefined) {
      throw new NotTaken(fault);
    }
    await ports.pause(wait);
    left = left.slice(first);
  }
}

async function asked(rows: readonly OutgoingCommand[], { ask }: RedisSending) {
  try {
    return await ask(
      rows.map(({ command }) => command),
      ANSWER_MS,
    );
  } catch (error) {
    if (error instanceof InvalidSetting) {
      throw error;
    }
    throw new NotTaken(redisFault(error));
  }
}

function faultOf(reply: unknown): RunFault | undefined {
  return reply instanceof RedisRefused ? redisFault(reply) : undefined;
}
