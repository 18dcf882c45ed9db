class DataSourceConfig {
  constructor(type, url, user, password) {
    Object.assign(this, { type, url, user, password });
  }
}
beans(DataSourceConfig, ['Type', 'Url', 'User', 'Password']);
define(['com.roma.apic.livedata.config.v1.DataSourceConfig'], DataSourceConfig);

class DataSourceClient {
  constructor(config) {
    if (!(config instanceof DataSourceConfig)) {
      throw new TypeError('DataSourceClient needs a DataSourceConfig');
    }
    this.config = config;
  }

  /** Rows of a statement that has some, the number of rows it changed otherwise. Values one by one, or as one list. */
  execute(statement, ...given) {
    const values = given.length === 1 && Array.isArray(given[0]) ? given[0] : given;
    const { type, url, user, password } = this.config;
    const source = { type: type ?? null, url: url ?? null, user: user ?? null, password: password ?? null };
    return collection(host('data-source', { source, statement: String(statement), values: values.map(bindable) }));
  }
}
define(['com.roma.apic.livedata.client.v1.DataSourceClient'], DataSourceClient);

function bindable(value) {
  if (value === undefined || value === null) {
    return null;
  }
  if (value instanceof Date) {
    return value.toISOString().slice(0, 23).replace('T', ' ');
  }
  if (value instanceof JavaDate) {
    return bindable(new Date(value.getTime()));
  }
  return typeof value === 'object' && !(value instanceof String) ? JSON.stringify(value) : value.valueOf();
}
