importClass(com.roma.apic.livedata.config.v1.DataSourceConfig);
importClass(com.roma.apic.livedata.client.v1.DataSourceClient);
importClass(com.roma.apic.livedata.config.v1.JedisConfig);
importClass(com.roma.apic.livedata.client.v1.RedisClient);
importClass(com.roma.apic.livedata.config.v1.HttpConfig);
importClass(com.roma.apic.livedata.client.v1.HttpClient);
importClass(com.huawei.livedata.lambdaservice.util.CacheUtils);

// Every way out that scripts have, to the places the call names.
function execute(data) {
  var asked = JSON.parse(data).body;
  var shop = new DataSourceClient(new DataSourceConfig('postgresql', asked.shop.url, asked.shop.user, asked.shop.password));

  var jedis = new JedisConfig();
  jedis.setIp(['127.0.0.1']);
  jedis.setPort([asked.redis.port]);
  jedis.setPassPhrase(asked.redis.password);
  var redis = new RedisClient(jedis);
  redis.put('greeting', 60, 'hello');

  var request = new HttpConfig();
  request.setMethod('POST');
  request.setUrl(asked.api.url);
  request.setAccessKey(asked.api.key);
  request.setSecretKey(asked.api.secret);
  var response = new HttpClient().request(request);

  var cache = new CacheUtils();
  var calls = Number(cache.getCache('calls') || 0) + 1;
  cache.putCache('calls', calls, 60);

  return {
    rows: shop.execute('SELECT ?::int + 1 AS answer', 41),
    greeting: redis.get('greeting'),
    api: [response.code(), response.body().string()],
    calls: calls,
  };
}
