import type { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { RedisTarget } from '../../core/fdi/run-redis-target.ts';
import { checkRedis, type RedisLoginProps } from './database-login.ts';

/** A Redis as a target: each record is kept at a key of its own. */
export interface RedisTargetProps {
  readonly redis: RedisLoginProps;
  /** `upsert`: sets what is at the key. `delete`: removes the keys of what the source gives. */
  readonly write: RedisTarget['write'];
  /** Names of the mapping in braces: `order:{OrderId}`. */
  readonly key: string;
  /**
   * What is kept: a `hash`, a field for each name of the mapping (one without a value is removed, others of the hash stay); `json`, an object of what
   * is mapped; or `text`, the one name that is not in the key (without a value the key is removed).
   * @default 'hash'
   */
  readonly as?: RedisTarget['as'];
  /**
   * How long a key lasts from each time it is written.
   * @default - for ever; a hash as long as it would anyway
   */
  readonly ttl?: Duration;
}

/** What the runner is told of it. */
export function redisTargetOf({ write, key, as = 'hash', ttl }: RedisTargetProps): RedisTarget {
  return { kind: 'redis', write, key, as, ...(ttl !== undefined && { ttlSeconds: ttl.toSeconds() }) };
}

/** @throws InvalidSetting for a URL that names no Redis, or holds a password */
export function checkTargetRedis(scope: Construct, { redis }: RedisTargetProps): void {
  checkRedis(scope, 'target.redis', redis);
}
