// Customers of a city, from the platform's own database: the variables say where it is.
importClass(com.roma.apic.livedata.config.v1.DataSourceConfig);
importClass(com.roma.apic.livedata.client.v1.DataSourceClient);
importClass(com.roma.apic.livedata.provider.v1.APIConnectResponse);

function execute(data) {
  var request = JSON.parse(data);
  var city = request.param.city || request.body.city;
  if (!city) {
    return new APIConnectResponse(400, { 'Content-Type': 'application/json' }, '{"error":"city is required"}', false);
  }
  var config = new DataSourceConfig();
  config.setType('mysql');
  config.setUrl('#{mysql_url}?allowPublicKeyRetrieval=true&useSSL=false');
  config.setUser('#{mysql_user}');
  config.setPassword('#{mysql_password}');
  var ds = new DataSourceClient(config);
  return ds.execute('SELECT Id, Name, City, Credit FROM Customer WHERE City = ? ORDER BY Id', city);
}
