const HTTP_CONFIG_FIELDS = [
  'AccessKey',
  'SecretKey',
  'CaCertData',
  'Charset',
  'ClientCertData',
  'ClientKeyAlgo',
  'ClientKeyData',
  'ClientKeyPassphrase',
  'ConnectTimeout',
  'Content',
  'ContentType',
  'Method',
  'Protocol',
  'ReadTimeout',
  'Url',
  'WriteTimeout',
];

class HttpConfig {
  constructor() {
    this.headers = {};
    this.parameters = {};
    this.headersToSign = [];
    this.redirects = true;
  }

  addHeaderToSign(name) {
    this.headersToSign.push(String(name));
  }

  getHeader(name) {
    return this.headers[headerName(this.headers, name)] ?? null;
  }

  getHeaders() {
    return collection({ ...this.headers });
  }

  getHeaderNames() {
    return collection(Object.keys(this.headers));
  }

  setHeader(name, value) {
    this.headers[headerName(this.headers, name) ?? String(name)] = String(value);
  }

  addHeader(name, value) {
    this.setHeader(name, value);
  }

  setHeaders(headers) {
    this.headers = Object.fromEntries(headerEntries(headers));
  }

  getParameters() {
    return collection({ ...this.parameters });
  }

  getParameter(name) {
    return Object.hasOwn(this.parameters, name) ? this.parameters[name] : null;
  }

  setParameter(name, value) {
    this.parameters[name] = value;
  }

  setParameters(parameters) {
    this.parameters = { ...parameters };
  }

  isRedirects() {
    return this.redirects;
  }

  setRedirects(redirects) {
    this.redirects = redirects === true;
  }

  /** Another name of the same. */
  getConnectionTimeout() {
    return this.getConnectTimeout();
  }

  setConnectionTimeout(milliseconds) {
    this.setConnectTimeout(milliseconds);
  }
}
beans(HttpConfig, HTTP_CONFIG_FIELDS);
define(['com.roma.apic.livedata.config.v1.HttpConfig'], HttpConfig);

/** As it is written there already, whatever its case. */
function headerName(headers, name) {
  return Object.keys(headers).find((other) => other.toLowerCase() === String(name).toLowerCase());
}

/** Of an object, or of JSON text. */
function headerEntries(headers) {
  const given = typeof headers === 'string' ? parse(headers) : headers;
  return Object.entries(given ?? {})
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => [name, String(value)]);
}

class HttpClient {
  /** An HttpConfig, or of the older class a switch, which changes nothing: certificates are verified either way. */
  constructor(config) {
    if (config !== undefined && config !== null && typeof config !== 'boolean' && !(config instanceof HttpConfig)) {
      throw new TypeError('HttpClient takes an HttpConfig');
    }
    this.config = config instanceof HttpConfig ? config : new HttpConfig();
  }

  /** `request()`, `request(config)` or `request(method, url, headers, content, contentType)`. */
  request(...given) {
    if (given.length === 0 || given[0] instanceof HttpConfig) {
      return send(given[0] ?? this.config);
    }
    const [method, url, headers, content, contentType] = given;
    const config = Object.assign(new HttpConfig(), this.config, { method, url, content, contentType });
    config.setHeaders({ ...this.config.headers, ...Object.fromEntries(headerEntries(headers)) });
    return send(config);
  }
}
for (const name of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
  const written = `${name[0]}${name.slice(1).toLowerCase()}`;
  /** The answer: `get(url, headers)`, `post(url, headers, content, contentType)`. */
  HttpClient.prototype[name.toLowerCase()] = function call(url, headers, content, contentType) {
    return this.request(name, url, headers, content, contentType);
  };
  /** The answer's body; both ways of writing it are in use. */
  for (const method of [`call${name}API`, `call${written}API`]) {
    HttpClient.prototype[method] = (...given) => callApi(name, given);
  }
}
define([
  'com.roma.apic.livedata.client.v1.HttpClient',
  'com.huawei.livedata.lambdaservice.livedataprovider.HttpClient',
], HttpClient);

function send(config) {
  const { url, accessKey, secretKey, headersToSign, connectTimeout, readTimeout } = config;
  const { caCertData, clientCertData, clientKeyData, clientKeyPassphrase } = config;
  const type = config.contentType ?? null;
  const content = contentText(config.content, type);
  const headers = headerEntries(config.headers);
  if (content !== null && type !== null && !headers.some(([name]) => name.toLowerCase() === 'content-type')) {
    headers.push(['Content-Type', String(type)]);
  }
  const charset = config.charset ?? 'utf-8';
  if (!/^utf-?8$/i.test(charset)) {
    throw new TypeError(`HttpConfig: charset: received ${stringify(charset)}; allowed: UTF-8`);
  }
  return responseOf(
    host('http', {
      method: String(config.method ?? 'GET'),
      url: withParameters(String(url ?? ''), config.parameters),
      headers,
      content,
      redirects: config.redirects,
      ...{ accessKey, secretKey, headersToSign, connectTimeout, readTimeout },
      ...{ caCertData, clientCertData, clientKeyData, clientKeyPassphrase },
    }),
  );
}

/** What is no text becomes JSON, or a form where the type says so. */
function contentText(content, type) {
  if (content === undefined || content === null) {
    return null;
  }
  if (typeof content !== 'object') {
    return String(content);
  }
  return String(type).startsWith('application/x-www-form-urlencoded') ? queryText(content) : stringify(content);
}

function withParameters(url, parameters) {
  const query = queryText(parameters ?? {});
  if (query === '') {
    return url;
  }
  return `${url}${url.includes('?') ? '&' : '?'}${query}`;
}

function queryText(parameters) {
  return Object.entries(parameters)
    .flatMap(([name, value]) => (Array.isArray(value) ? value.map((one) => [name, one]) : [[name, value]]))
    .map((pair) => pair.map((text) => encodeURIComponent(String(text))).join('='))
    .join('&');
}

/** `callGETAPI(url, headers)`, `callPostAPI(url, headers, content, contentType)`, or `(host, path, content, headers, contentType)`. */
function callApi(method, given) {
  const second = given[1];
  const hasPath = given.length > 2 && typeof second === 'string' && !/^\s*\{/.test(second);
  const [place, path, content, headers, type] = hasPath ? given : [given[0], '', given[2], second, given[3]];
  const address = /^https?:\/\//i.test(place) ? String(place) : `http://${place}`;
  const config = new HttpConfig();
  config.setMethod(method);
  config.setUrl(`${address}${path ?? ''}`);
  config.setHeaders(headers);
  if (method === 'GET' || (method === 'DELETE' && hasPath)) {
    config.setParameters(typeof content === 'string' ? parse(content || '{}') : content);
  } else {
    config.setContent(content);
    config.setContentType(type ?? 'application/json');
  }
  return send(config).body().string();
}

/** Scripts import it and do without: what uses it is refused before it runs. */
class ApiClient {
  constructor() {
    throw new ReferenceError('ApiClient is not there: HttpClient, its accessKey and secretKey being those of an app');
  }
}
define(['com.huawei.livedata.lambdaservice.livedataprovider.ApiClient'], ApiClient);

/** As the client of the reference system answers. */
function responseOf({ code, message, headers, text, base64 }) {
  const values = (name) =>
    headers.filter(([other]) => other.toLowerCase() === String(name).toLowerCase()).map(([, value]) => value);
  const get = (name, otherwise = null) => values(name).at(-1) ?? otherwise;
  const body = {
    string: () => text,
    toString: () => text,
    bytes: () => (base64 === undefined ? bytesOfText(text) : bytesOfBase64(base64)),
    contentType: () => get('content-type'),
    contentLength: () => Number(get('content-length', '-1')),
    close() {},
  };
  return {
    code: () => code,
    message: () => message,
    isSuccessful: () => code >= 200 && code < 300,
    header: get,
    headers: () => headersOf(headers, get, values),
    body: () => body,
    close() {},
    toString: () => `Response{code=${code}, message=${message}}`,
  };
}

/** Its fields are the headers, for `for (name in headers)`; what it can do is hidden among them. */
function headersOf(pairs, get, values) {
  const names = () => [...new Set(pairs.map(([name]) => name))];
  const fields = Object.fromEntries(names().map((name) => [name, get(name)]));
  for (const [name, value] of Object.entries({
    get,
    values: (header) => collection(values(header)),
    names: () => collection(names()),
    keySet: () => collection(names()),
    size: () => pairs.length,
    name: (index) => pairs[index][0],
    value: (index) => pairs[index][1],
    toMultimap: () => collection(Object.fromEntries(names().map((header) => [header, values(header)]))),
  })) {
    // A server must not be able to take one of them away.
    Object.defineProperty(fields, name, { value, configurable: true, writable: true, enumerable: false });
  }
  return fields;
}
