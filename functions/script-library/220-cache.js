/** The cache of the integration: what one call of any of its scripts puts there, the next finds. */
class CacheUtils {
  putCache(key, value, seconds) {
    return cachePut(key, value, seconds);
  }

  getCache(key) {
    return cacheGet(key);
  }

  removeCache(key) {
    return cacheRemove(key);
  }

  /** That of one server, in the reference system; no script can tell it from the other. */
  getLocalCache(key) {
    return cacheGet(key);
  }

  putLocalCache(key, value, seconds) {
    return cachePut(key, value, seconds);
  }

  removeLocalCache(key) {
    return cacheRemove(key);
  }

  get(key) {
    throw new ReferenceError(
      `CacheUtils.get: there is no dictionary with ${stringify(key)}: name it as a variable, #{…}`,
    );
  }
}
// What Java has as static methods, and scripts call on one they made.
for (const name of Object.getOwnPropertyNames(CacheUtils.prototype).filter((own) => own !== 'constructor')) {
  CacheUtils[name] = CacheUtils.prototype[name];
}
define(['com.huawei.livedata.lambdaservice.util.CacheUtils'], CacheUtils);

function cachePut(key, value, seconds) {
  const lifetime = seconds === undefined || seconds === null ? null : String(seconds);
  return host('cache-put', { key: String(key), value: String(value), seconds: lifetime });
}

function cacheGet(key) {
  return host('cache-get', { key: String(key) });
}

function cacheRemove(key) {
  return host('cache-remove', { key: String(key) });
}
