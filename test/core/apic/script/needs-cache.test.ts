import { expect, test } from '@jest/globals';
import { needsCache } from '../../../../core/apic/script/needs-cache.ts';

const CACHE = 'importClass(com.huawei.livedata.lambdaservice.util.CacheUtils);';
const REDIS = 'importClass(com.roma.apic.livedata.client.v1.RedisClient);';
const SETTINGS = 'importClass(com.roma.apic.livedata.config.v1.JedisConfig);';

test.each([
  [`${CACHE} new CacheUtils().getCache("a")`, true],
  ['importPackage(com.huawei.livedata.lambdaservice.util); CacheUtils.getCache("a")', true],
  [`${REDIS} var redis = new RedisClient; redis.get("a")`, true],
  [`${REDIS} var redis = new RedisClient( );`, true],
  [`${REDIS} var R = RedisClient; new R()`, true],
  [`${REDIS} ${SETTINGS} new RedisClient(config)`, false],
  [`${REDIS} ${SETTINGS} new RedisClient(config); new com.roma.apic.livedata.client.v1.RedisClient()`, true],
  ['function execute() { return "Hello world!" }', false],
])('%s needs the cache: %p', (source, expected) => {
  expect(needsCache(source)).toBe(expected);
});
