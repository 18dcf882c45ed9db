import { Buffer } from 'node:buffer';
import { InvalidSetting } from '../errors.ts';
import { checkFields } from './run-fields.ts';
import { timeZoneOffset } from './time-zone.ts';
import type { MetadataField } from './topic-task.ts';

/** Keys of a Redis, each a record. They are read whole each time: Redis does not know what has changed. */
export interface RedisSource {
  readonly kind: 'redis';
  /** The keys, as SCAN matches them: `order:*`. */
  readonly match: string;
  /** What is at them: a hash, whose fields are the record's members; a text that is an object of JSON; or any text, the member `value`. */
  readonly as: RedisForm;
  /** Without them `key`, and the members of the first records. */
  readonly fields?: readonly MetadataField[];
  readonly timeZone: string;
}

export type RedisForm = (typeof REDIS_FORMS)[number];

export const REDIS_FORMS = ['hash', 'json', 'text'] as const;
/** The member that every record has beside its own. */
export const KEY_MEMBER = '@key';
/** The only member of a text. */
export const VALUE_MEMBER = 'value';

const MAX_PATTERN = 1024;

/** @throws InvalidSetting for a source that cannot be read whatever keys there are */
export function checkRedisSource({ match, as, fields, timeZone }: RedisSource, where: string): void {
  if (match === '' || Buffer.byteLength(match) > MAX_PATTERN || !match.isWellFormed()) {
    throw new InvalidSetting(
      `${where}.match`,
      match,
      `a pattern of 1 to ${MAX_PATTERN} bytes: \`order:*\`; \`*\` is every key`,
    );
  }
  checkForm(as, `${where}.as`);
  if (fields !== undefined) {
    checkFields(fields, `${where}.fields`);
  }
  timeZoneOffset(timeZone, `${where}.timeZone`);
}

/** @throws InvalidSetting */
export function checkForm(as: string, where: string): void {
  if (!REDIS_FORMS.some((form) => form === as)) {
    throw new InvalidSetting(where, as, REDIS_FORMS.map((form) => `\`${form}\``).join(', '));
  }
}
