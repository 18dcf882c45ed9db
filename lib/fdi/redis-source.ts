import type { Construct } from 'constructs';
import type { RedisSource } from '../../core/fdi/run-redis-source.ts';
import type { MetadataField } from '../../core/fdi/topic-task.ts';
import { invalid } from '../platform/setting.ts';
import { checkRedis, type RedisLoginProps } from './database-login.ts';

/** Keys of a Redis as a source, each a record; all of them each time. */
export interface RedisSourceProps {
  /** A single server or its replica: of a cluster each member knows a part of the keys. */
  readonly redis: RedisLoginProps;
  /** The keys, as Redis matches them: `order:*`. */
  readonly match: string;
  /**
   * What is at them: a `hash`, whose fields are the record's members; `json`, a text that is an object; or `text`, whose only member is `value`.
   * Beside these, `@key` is the key.
   * @default 'hash'
   */
  readonly as?: RedisSource['as'];
  /**
   * What is read of a record: alias, type, path.
   * @default - `key`, and the members of the first records, by their names
   */
  readonly fields?: readonly MetadataField[];
  /**
   * How dates and times without an offset are meant; they are written in UTC.
   * @default 'UTC', which carries them as they are
   */
  readonly timeZone?: string;
  readonly table?: never;
  readonly database?: never;
  readonly http?: never;
  readonly files?: never;
  readonly mongodb?: never;
}

/** What the runner is told of it. */
export function redisSourceOf({ match, as = 'hash', fields, timeZone = 'UTC' }: RedisSourceProps): RedisSource {
  return { kind: 'redis', match, as, ...(fields !== undefined && { fields }), timeZone };
}

/** @throws InvalidSetting for a URL that names no single Redis, or holds a password */
export function checkSourceRedis(scope: Construct, redis: RedisLoginProps): void {
  checkRedis(scope, 'source.redis', redis);
  if (/[?&]cluster=(?:true|yes|1)?(?:&|$)/i.test(redis.url)) {
    throw invalid(
      scope,
      'source.redis.url',
      redis.url,
      'a single server: the keys of a cluster are in several members',
    );
  }
}
