import { InvalidSetting } from '../errors.ts';
import { parseJson } from '../fdi/json.ts';
import { checkWholeNumber } from '../platform/check-setting.ts';

/**
 * What decides which partition a message goes to. `device`: who sent it, the device's id or the key that an app gives. `field`: a value of the
 * payload, `plate` or `data.plate`; who sent it where there is none. `spread`: who sent it and one of n numbers. `random`: nothing.
 */
export type PartitionKey = 'device' | 'random' | { readonly field: string } | { readonly spread: number };

/** Kinesis takes 256 characters. D:kinesis/latest/APIReference/API_PutRecord */
export const MAX_KEY = 256;
const FIELD = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*){0,7}$/;
/** The payload read as JSON where it is that, whatever it is: a field of `*` itself cannot be named where it may be none. */
const PAYLOAD = "decode(encode(*, 'base64'), 'base64')";

/** @throws InvalidSetting @param setting its place and name, for the message */
export function checkPartitionKey(setting: string, key: PartitionKey): PartitionKey {
  if (key === 'device' || key === 'random') {
    return key;
  }
  if (typeof key === 'object' && key !== null && 'spread' in key) {
    checkWholeNumber(`${setting}.spread`, key.spread, 2, 1000);

    return key;
  }
  const field = typeof key === 'object' && key !== null ? key.field : undefined;
  if (typeof field === 'string' && FIELD.test(field)) {
    return key;
  }
  throw new InvalidSetting(
    setting,
    key,
    "'device', 'random', { spread: 2 to 1000 } or { field: 'name' }, its parts of letters, digits or `_`, separated by dots",
  );
}

/** What a key gives up, in words; undefined for one that keeps a device's messages in order. */
export function lostOrder(key: PartitionKey): string | undefined {
  if (key === 'random' || (typeof key === 'object' && 'spread' in key)) {
    const over = key === 'random' ? 'all partitions' : `up to ${key.spread} partitions`;

    return `The messages of a device are spread over ${over}: they arrive in any order. Tables that keep the last state need an eventTimeColumn, so that stale messages lose.`;
  }

  return undefined;
}

/** The same as a substitution template of a rule's Kinesis action. D:iot/latest/developerguide/iot-substitution-templates */
export function keyTemplate(key: PartitionKey): string {
  const device = 'topic(3)';
  if (key === 'device') {
    return `\${${device}}`;
  }
  if (key === 'random') {
    return '${newuuid()}';
  }
  if ('spread' in key) {
    return `\${concat(${device}, '-', floor(rand() * ${key.spread}))}`;
  }
  const field = key.field.split('.').reduce((value, name) => `get(${value}, '${name}')`, PAYLOAD);

  // A text of no length would be refused, and so would a longer one.
  const text = `CASE length(${field}) WHEN 0 THEN ${device} ELSE substring(${field}, 0, ${MAX_KEY}) END`;

  return `\${CASE isUndefined(${field}) OR isNull(${field}) WHEN true THEN ${device} ELSE ${text} END}`;
}

/**
 * The key of a message that does not come straight from a rule.
 *
 * @param sender the device's id, or the key an app gave; undefined: nothing that is to stay in order
 * @param random from 0 to 1, 1 not included
 */
export function keyOf(
  key: PartitionKey,
  { sender, payload }: { readonly sender: string | undefined; readonly payload: () => string | undefined },
  random: () => number,
  newId: () => string,
): string {
  if (key === 'random') {
    return newId();
  }
  if (typeof key === 'object' && 'spread' in key) {
    return `${sender ?? newId()}-${Math.floor(random() * key.spread)}`.slice(-MAX_KEY);
  }
  const found = key === 'device' ? undefined : textAt(payload(), key.field);

  return cut(found ?? sender ?? newId());
}

/** A template cuts at UTF-16 code units as well; half a character would be refused. */
function cut(text: string): string {
  return text.length <= MAX_KEY ? text : text.slice(0, MAX_KEY).toWellFormed();
}

function textAt(payload: string | undefined, field: string): string | undefined {
  let value: unknown;
  try {
    value = payload === undefined ? undefined : parseJson(payload);
  } catch {
    return undefined;
  }
  for (const name of field.split('.')) {
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
  }
  if (value === undefined || value === null || value === '') {
    return undefined;
  }

  return typeof value === 'string' ? value : JSON.stringify(value);
}
