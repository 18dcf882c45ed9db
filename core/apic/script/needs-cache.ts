const CACHE = /\bCacheUtils\b/;
const REDIS = /\bRedisClient\b/;
const REDIS_SETTINGS = /\bJedisConfig\b/;
/** `new RedisClient`, with nothing in its brackets or without any. */
const WITHOUT_SETTINGS = /\bnew\s+(?:[\w.]+\.)?RedisClient\b(?!\s*\(\s*[^)\s])/;

/**
 * Whether a script may use the cache of its integration: by name, or as the Redis that is there without a configuration. Names in comments count
 * too: a right more does less harm than a call that fails.
 */
export function needsCache(source: string): boolean {
  return CACHE.test(source) || (REDIS.test(source) && (!REDIS_SETTINGS.test(source) || WITHOUT_SETTINGS.test(source)));
}
