class JedisConfig {
  constructor() {
    Object.assign(this, { ip: [], port: [], mode: 'SINGLE', database: 0 });
    Object.assign(this, { maxAttempts: 10000, maxIdel: 5, maxWait: 60, soTimeout: 600, timeout: 1000 });
  }
}
beans(JedisConfig, [
  'Database',
  'Ip',
  'Master',
  'MaxAttempts',
  'MaxIdel',
  'MaxWait',
  'Mode',
  'PassPhrase',
  'Port',
  'SoTimeout',
  'Timeout',
]);
define(['com.roma.apic.livedata.config.v1.JedisConfig'], JedisConfig);

/** Texts by key: of the Redis that is configured, of the integration's own cache without one. */
class RedisClient {
  constructor(config) {
    if (config !== undefined && config !== null && !(config instanceof JedisConfig)) {
      throw new TypeError('RedisClient takes a JedisConfig');
    }
    this.config = config ?? null;
  }

  get(key) {
    return this.config === null ? cacheGet(key) : redis(this.config, 'GET ?', [key]);
  }

  /** `put(key, value)` or `put(key, seconds, value)`. @returns 'OK' */
  put(key, ...rest) {
    const [value, seconds] = rest.length > 1 ? [rest[1], rest[0]] : [rest[0]];
    if (this.config === null) {
      cachePut(key, value, seconds);
      return 'OK';
    }
    return seconds === undefined
      ? redis(this.config, 'SET ? ?', [key, value])
      : redis(this.config, 'SETEX ? ? ?', [key, Math.trunc(Number(seconds)), value]);
  }

  /** @returns how many there were */
  remove(key) {
    return this.config === null ? cacheRemove(key) : redis(this.config, 'DEL ?', [key]);
  }
}
define(['com.roma.apic.livedata.client.v1.RedisClient'], RedisClient);

function redis(config, command, words) {
  const { mode, master, passPhrase, database, timeout, soTimeout } = config;
  const ips = [].concat(config.ip ?? []);
  const ports = [].concat(config.port ?? []);
  return host('redis', {
    mode: String(mode ?? 'SINGLE').toUpperCase(),
    // As many ports as addresses, or one for all of them.
    places: ips.map((ip, index) => ({ host: String(ip), port: String(ports[index] ?? ports[0] ?? 6379) })),
    master: master ?? null,
    password: passPhrase ?? null,
    database: Number(database ?? 0),
    timeout: Number(timeout ?? 0),
    soTimeout: Number(soTimeout ?? 0),
    command,
    words: words.map(String),
  });
}
