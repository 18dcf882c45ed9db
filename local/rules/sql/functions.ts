import { createHash, randomUUID } from 'node:crypto';
import { ACCOUNT } from '../../account.ts';
import type { SqlValue } from './ast.ts';
import type { Evaluation } from './evaluation.ts';
import { finite, isArray, isObject, member, toDecimal, toInt, toText } from './values.ts';

export interface SqlFunction {
  readonly arguments: readonly [minimum: number, maximum: number];
  run(args: readonly SqlValue[], evaluation: Evaluation): SqlValue;
}

/**
 * The functions the engine runs, in lower case as they are looked up. What is not here is refused by name when the rule is made:
 * those that call other services, date patterns of another platform, trigonometry nobody measures parking with.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-functions.html
 */
export const FUNCTIONS: Readonly<Record<string, SqlFunction>> = {
  // Of the message
  accountid: of(0, () => ACCOUNT),
  clientid: of(0, (_, { message }) => message.clientId),
  newuuid: of(0, () => randomUUID()),
  principal: of(0, (_, { message }) => message.principal),
  sql_version: of(0, () => '2016-03-23'),
  timestamp: of(0, (_, { message }) => message.timestamp),
  traceid: of(0, (_, { message }) => message.traceId),
  topic: of([0, 1], (args, evaluation) =>
    args.length === 0 ? evaluation.message.topic : evaluation.topicSegment(toInt(args[0])),
  ),

  // Of any value
  isnull: of(1, ([value]) => value === null),
  isundefined: of(1, ([value]) => value === undefined),
  nanvl: of(2, ([value, otherwise]) => (value === null || value === undefined ? otherwise : value)),
  get: of(2, ([value, key]) => getFrom(value, key)),
  concat: of([0, Number.POSITIVE_INFINITY], (args) => concat(args)),
  encode: of(2, ([value]) => text([value], (plain) => Buffer.from(plain, 'utf8').toString('base64'))),
  decode: of(2, ([value]) => text([value], decodeBase64)),

  // Of text
  endswith: of(2, (args) => text(args, (whole, end) => whole.endsWith(end))),
  indexof: of(2, (args) => text(args, (whole, part) => whole.indexOf(part))),
  length: of(1, (args) => text(args, (whole) => whole.length)),
  lower: of(1, (args) => text(args, (whole) => whole.toLowerCase())),
  lpad: of(2, ([value, count]) => padded(value, count, (whole, spaces) => spaces + whole)),
  ltrim: of(1, (args) => text(args, (whole) => whole.replace(/^[ \t]+/, ''))),
  numbytes: of(1, (args) => text(args, (whole) => Buffer.byteLength(whole, 'utf8'))),
  replace: of(3, (args) => text(args, (whole, part, by) => whole.replaceAll(part, () => by))),
  rpad: of(2, ([value, count]) => padded(value, count, (whole, spaces) => whole + spaces)),
  rtrim: of(1, (args) => text(args, (whole) => whole.replace(/[ \t]+$/, ''))),
  startswith: of(2, (args) => text(args, (whole, start) => whole.startsWith(start))),
  substring: of([2, 3], ([value, from, to]) => substring(value, from, to)),
  trim: of(1, (args) => text(args, (whole) => whole.trim())),
  upper: of(1, (args) => text(args, (whole) => whole.toUpperCase())),
  ...Object.fromEntries(
    ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'].map((name) => [
      name,
      of(1, (args) => text(args, (whole) => createHash(name).update(whole, 'utf8').digest('hex'))),
    ]),
  ),

  // Of numbers
  abs: numeric(Math.abs),
  ceil: numeric(Math.ceil),
  exp: numeric(Math.exp),
  floor: numeric(Math.floor),
  ln: numeric(Math.log),
  log: numeric(Math.log10),
  sign: numeric(Math.sign),
  sqrt: numeric(Math.sqrt),
  // Half away from zero: Round(-1.5) = -2.
  round: numeric((value) => Math.sign(value) * Math.round(Math.abs(value))),
  mod: numeric2((left, right) => left % right),
  power: numeric2((left, right) => left ** right),
  remainder: numeric2((left, right) => left % right),
  trunc: numeric2((value, places) => {
    const scale = 10 ** Math.min(Math.max(Math.floor(places), 0), 34);
    return Math.trunc(value * scale) / scale;
  }),
  rand: of(0, () => Math.random()),
};

function of(count: number | readonly [number, number], run: SqlFunction['run']): SqlFunction {
  return { arguments: typeof count === 'number' ? [count, count] : count, run };
}

function numeric(compute: (value: number) => number): SqlFunction {
  return of(1, ([value]) => {
    const decimal = toDecimal(value);
    return decimal === undefined ? undefined : finite(compute(decimal));
  });
}

function numeric2(compute: (left: number, right: number) => number): SqlFunction {
  return of(2, ([left, right]) => {
    const [a, b] = [toDecimal(left), toDecimal(right)];
    return a === undefined || b === undefined ? undefined : finite(compute(a, b));
  });
}

/** Converts every argument by the standard conversions; Undefined when one has no text. */
function text(args: readonly SqlValue[], compute: (...texts: [string, string, string]) => SqlValue): SqlValue {
  const texts = args.map(toText);

  return texts.includes(undefined) ? undefined : compute(...(texts as [string, string, string]));
}

function concat(args: readonly SqlValue[]): SqlValue {
  if (args.length < 2) return args[0];
  if (args.some(isArray)) return args.flatMap((value) => (isArray(value) ? value : [value]));
  if (!args.some((value) => typeof value === 'string')) return undefined;

  return args.map((value) => toText(value) ?? '').join('');
}

function getFrom(value: SqlValue, key: SqlValue): SqlValue {
  if (isObject(value)) return typeof key === 'string' ? member(value, key) : undefined;
  const index = toInt(key);
  if (index === undefined || !(isArray(value) || typeof value === 'string')) return undefined;

  return value[index];
}

function substring(value: SqlValue, from: SqlValue, to: SqlValue): SqlValue {
  const [whole, start] = [toText(value), toInt(from)];
  if (whole === undefined || start === undefined) return undefined;
  if (to === undefined) return whole.slice(Math.max(start, 0));
  const end = toInt(to);

  return end === undefined ? undefined : whole.slice(Math.max(start, 0), Math.max(end, 0));
}

function padded(value: SqlValue, count: SqlValue, join: (whole: string, spaces: string) => string): SqlValue {
  const [whole, width] = [toText(value), toInt(count)];
  if (whole === undefined || width === undefined) return undefined;

  return join(whole, ' '.repeat(Math.min(Math.max(width, 0), 1000)));
}

/** A JSON document becomes an addressable value, anything else a string; what is no base64 is Null. */
function decodeBase64(encoded: string): SqlValue {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) return null;
  const plain = Buffer.from(encoded, 'base64').toString('utf8');
  try {
    return JSON.parse(plain) as SqlValue;
  } catch {
    return plain;
  }
}
