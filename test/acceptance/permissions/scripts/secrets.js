// Everything that scripts find in secrets, and the cache.
importClass(com.roma.apic.livedata.config.v1.DataSourceConfig);
importClass(com.roma.apic.livedata.client.v1.DataSourceClient);
importClass(com.roma.apic.livedata.common.v1.CipherUtils);
importClass(com.huawei.livedata.lambdaservice.util.CacheUtils);

function execute(data) {
  var config = new DataSourceConfig();
  config.setType('mysql');
  config.setUrl('#{shop_url}');
  config.setUser('writer');
  config.setPassword(CipherUtils.getPlainCipherText('shop'));
  var rows = new DataSourceClient(config).execute('SELECT 1 AS One');
  var own = new DataSourceConfig();
  own.setType('mysql');
  own.setUrl('#{mysql_url}');
  own.setUser('#{mysql_user}');
  own.setPassword('#{mysql_password}');
  var ours = new DataSourceClient(own).execute('SELECT 1 AS One');
  var cache = new CacheUtils();
  cache.putCache('tried', 'kept', 60);
  var kept = cache.getCache('tried');
  cache.removeCache('tried');

  return JSON.stringify({
    rows: rows,
    ours: ours,
    kept: kept,
    certificate: CipherUtils.getPlainCertificate('front').certificate,
  });
}
