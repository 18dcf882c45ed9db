import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generate } from 'selfsigned';
import { readSignature, signatureMatches } from '../../../../core/apic/signature.ts';
import { scripts } from './script-fixture.ts';

const { run } = scripts();
const servers: Server[] = [];
let base: string;
let other: string;
let secure: string;
let certificate: string;

beforeAll(async () => {
  base = `http://127.0.0.1:${await listening(createServer(answer))}`;
  other = `http://localhost:${await listening(createServer(answer))}`;
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  certificate = cert;
  secure = `https://localhost:${await listening(createSecureServer({ cert, key }, answer))}`;
});

afterAll(async () => {
  await Promise.all(
    servers.map((server) => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    }),
  );
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return (server.address() as AddressInfo).port;
}

/** Answers what it was sent, or what its path says. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://any');
  const [, kind, value = ''] = url.pathname.split('/');
  let body = '';
  for await (const chunk of request) {
    body += chunk;
  }
  switch (kind) {
    case 'status':
      response.writeHead(Number(value), { 'X-Kind': 'Demo', 'Set-Cookie': ['a=1', 'b=2'] }).end('said');
      break;
    case 'to':
      response.writeHead(Number(value), { location: url.searchParams.get('url') ?? '' }).end();
      break;
    case 'bytes':
      response.end(Buffer.from([0, 255, 128, 65]));
      break;
    case 'gbk':
      response.setHeader('content-type', 'text/plain; charset=gbk').end(Buffer.from([0xd6, 0xd0]));
      break;
    case 'large':
      response.end(Buffer.alloc(6 << 20, 'x'));
      break;
    case 'silent':
      break;
    default:
      response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
  }
}

/** The body, with a client at hand. */
const ask = (body: string, more = {}) =>
  run(
    `importClass(com.roma.apic.livedata.client.v1.HttpClient);
importClass(com.roma.apic.livedata.config.v1.HttpConfig);
function refusal(work) { try { work(); return 'nothing'; } catch (error) { return error.message; } }
function execute() { var client = new HttpClient(); ${body} }`,
    more,
  );

test('a request goes out as the script says it, and its answer is there when the next line runs', async () => {
  const body = `var resp = client.request('post', '${base}/echo?a=1', { 'X-Mine': 'yes', 'Transfer-Encoding': 'chunked', Connection: 'x' }, '{"é":1}', 'application/json');
    return [resp.code(), resp.isSuccessful(), JSON.parse(resp.body().string())]`;

  expect(await ask(body)).toEqual([
    200,
    true,
    {
      method: 'POST',
      url: '/echo?a=1',
      body: '{"é":1}',
      headers: {
        accept: '*/*',
        connection: 'close',
        'content-length': '8',
        'content-type': 'application/json',
        host: new URL(base).host,
        'user-agent': 'causeway',
        'x-mine': 'yes',
      },
    },
  ]);
});

const oldest = (body: string) =>
  run(`importClass(com.huawei.livedata.lambdaservice.livedataprovider.HttpClient);
importClass(com.huawei.livedata.lambdaservice.livedataprovider.ApiClient);
function excute(data) { var client = new HttpClient(false); var headers = JSON.stringify({ Cookie: 'a=1', Empty: null }); ${body} }`);

test('the forms of the oldest scripts work: headers as JSON, the answer or its text', async () => {
  expect(
    await oldest(
      `var got = client.get('${base}/echo?a=1', headers); return [got.code(), JSON.parse(got.body().string())]`,
    ),
  ).toEqual([
    200,
    expect.objectContaining({ method: 'GET', url: '/echo?a=1', headers: expect.objectContaining({ cookie: 'a=1' }) }),
  ]);
  expect(
    await oldest(`return [client.callPostAPI('${base}/echo', headers, '<a/>', 'application/xml'),
      client.callPUTAPI('${base}/echo', headers, '{"b":1}'), client.callDeleteAPI('${base}/echo', headers, '', null),
      client.post('${base}/echo', headers, '{}', 'application/json').body().string()].map(JSON.parse)`),
  ).toEqual([
    expect.objectContaining({
      ...{ method: 'POST', body: '<a/>' },
      headers: expect.objectContaining({ cookie: 'a=1', 'content-type': 'application/xml' }),
    }),
    expect.objectContaining({ method: 'PUT', body: '{"b":1}' }),
    expect.objectContaining({ method: 'DELETE', body: '' }),
    expect.objectContaining({ method: 'POST', body: '{}' }),
  ]);
});

test('those with a host and a path do as well', async () => {
  const host = new URL(base).host;

  expect(
    await oldest(`return [client.callPostAPI('${host}', '/echo', '{"b":1}', headers, 'application/json'),
      client.callGetAPI('${host}', '/echo', '{"q":"x y"}', headers)].map(JSON.parse)`),
  ).toEqual([
    expect.objectContaining({ method: 'POST', url: '/echo', body: '{"b":1}' }),
    expect.objectContaining({ method: 'GET', url: '/echo?q=x%20y' }),
  ]);
});

test('ApiClient says what to use when it is made after all', async () => {
  expect(await oldest('return new this["ApiClient"]()')).toMatchObject({
    fault: 'error',
    message: expect.stringContaining('HttpClient, its accessKey'),
  });
});

test('an answer has its status, its headers and its text, whatever they are', async () => {
  const body = `var resp = client.request('GET', '${base}/status/404', {}, null, 'application/json');
    var mine = {}; var all = resp.headers(); for (var key in all) { mine[key] = all.get(key) }
    return [resp.code(), resp.message(), resp.isSuccessful(), resp.body().string(), resp.header('x-kind'), mine['X-Kind'], mine['Set-Cookie'],
      all.values('set-cookie'), resp.header('nothing'), String(resp)]`;

  expect(await ask(body)).toEqual([
    404,
    'Not Found',
    false,
    'said',
    'Demo',
    'Demo',
    'b=2',
    ['a=1', 'b=2'],
    null,
    'Response{code=404, message=Not Found}',
  ]);
});

test('the example of the reference system works', async () => {
  const script = `importClass(com.roma.apic.livedata.client.v1.HttpClient);
    importClass(com.roma.apic.livedata.provider.v1.APIConnectResponse);
    function execute(data) {
      var httpClient = new HttpClient();
      var resp = httpClient.request('GET', '${base}/status/201', {}, null, 'application/json');
      myHeaders = resp.headers();
      proxyHeaders = {};
      for (var key in myHeaders) {
        proxyHeaders[key] = myHeaders.get(key);
      }
      return new APIConnectResponse(resp.code(), proxyHeaders, resp.body().string(), false);
    }`;

  expect(await run(script)).toMatchObject({ status: 201, headers: { 'X-Kind': 'Demo' }, body: 'said' });
});

test('bytes come as those of Java, text in the charset the answer names', async () => {
  const body = `return [client.request('GET', '${base}/bytes').body().bytes(), client.request('GET', '${base}/gbk').body().string(),
    client.request('HEAD', '${base}/status/200').body().string(), client.request('GET', '${base}/status/200').body().bytes()]`;

  expect(await ask(body)).toEqual([[0, -1, -128, 65], '中', '', [115, 97, 105, 100]]);
  expect(
    await ask(`importClass(com.roma.apic.livedata.common.v1.Base64Utils);
      var bytes = client.request('GET', '${base}/bytes').body().bytes(); return [Base64Utils.encode(bytes), bytes.size()]`),
  ).toEqual(['AP+AQQ==', 4]);
});

test('a configuration: parameters, forms, objects, headers, another request with the same client', async () => {
  const body = `var config = new HttpConfig(); config.setMethod('PUT'); config.setUrl('${base}/x'); config.setHeader('X-A', 1); config.setHeader('x-a', 2);
    config.setParameter('q', 'a b&c'); config.setContent({ a: 'b c', d: 1 }); config.setContentType('application/x-www-form-urlencoded');
    config.setConnectTimeout(1000); config.setReadTimeout(1000);
    var form = JSON.parse(client.request(config).body().string());
    config.setContentType('application/json');
    var json = JSON.parse(new HttpClient(config).request().body().string());
    return [form.url, form.method, form.body, form.headers['x-a'], form.headers['content-type'], json.body, config.getUrl(), config.getHeader('X-a'),
      config.getHeaderNames(), config.getConnectionTimeout(), refusal(function () { config.setCharset('gbk'); client.request(config) })]`;

  expect(await ask(body)).toEqual([
    '/x?q=a%20b%26c',
    'PUT',
    'a=b%20c&d=1',
    '2',
    'application/x-www-form-urlencoded',
    '{"a":"b c","d":1}',
    `${base}/x`,
    '2',
    ['X-A'],
    1000,
    expect.stringContaining('allowed: UTF-8'),
  ]);
});

test('with a key and a secret a request is signed, as APIs of the platform want it', async () => {
  const body = `var config = new HttpConfig(); config.setAccessKey('key'); config.setSecretKey('secret'); config.setMethod('POST');
    config.setUrl('${base}/a/b?z=1&a=%20x'); config.setContent('{}'); config.setContentType('application/json'); config.setHeader('X-Mine', 'm');
    config.addHeaderToSign('X-Mine');
    return client.request(config).body().string()`;
  const { headers, url } = (await ask(body)) as { headers: Record<string, string>; url: string };
  const { pathname, searchParams } = new URL(url, base);
  const reading = readSignature(
    { method: 'POST', path: pathname, query: [...searchParams], headers: Object.entries(headers) },
    new Date(),
  );

  expect(reading).toMatchObject({ outcome: 'presented', presented: { key: 'key' } });
  const { presented } = reading as Extract<typeof reading, { outcome: 'presented' }>;
  expect(presented.signedHeaders).toEqual(['host', 'x-mine', 'x-sdk-content-sha256', 'x-sdk-date']);
  expect(signatureMatches(presented.signature, presented.stringsToSign(), 'secret')).toBe(true);
});

test('the oldest class takes host, path, parameters and headers as texts, and answers the body', async () => {
  const script = `importClass(com.huawei.livedata.lambdaservice.livedataprovider.HttpClient);
    function excute(data) {
      var http = new HttpClient();
      var get = JSON.parse(http.callGETAPI('${base.slice('http://'.length)}', '/livews/batch', JSON.stringify({ employ_no: '00x' }), JSON.stringify({ clientapp: 'FunctionStage' })));
      var post = JSON.parse(http.callPOSTAPI('${base}', '/p', '{"a":1}', null));
      return [get.method, get.url, get.headers.clientapp, post.method, post.url, post.body, post.headers['content-type'], JSON.parse(http.callDELETEAPI('${base}/d')).method];
    }`;

  expect(await run(script)).toEqual([
    'GET',
    '/livews/batch?employ_no=00x',
    'FunctionStage',
    'POST',
    '/p',
    '{"a":1}',
    'application/json',
    'DELETE',
  ]);
});

test('redirects are followed, with secrets to the same origin only', async () => {
  const sent = `{ Authorization: 'secret', 'X-Apig-AppCode': 'code', Accept: 'text/x' }, 'body', 'text/plain'`;
  const to = (status: number, target: string) => `${base}/to/${status}?url=${encodeURIComponent(target)}`;
  const echo = (url: string) => `JSON.parse(client.request('POST', '${url}', ${sent}).body().string())`;
  const body = `return [${echo(to(303, '/echo'))}, ${echo(to(307, '/echo'))}, ${echo(to(308, `${other}/echo`))}, ${echo(to(302, `${other}/echo`))}]
    .map(function (got) { return [got.method, got.body, got.headers.authorization, got.headers['x-apig-appcode'], got.headers.accept, got.headers['content-type']] })`;

  expect(await ask(body)).toEqual([
    ['GET', '', 'secret', 'code', 'text/x', null],
    ['POST', 'body', 'secret', 'code', 'text/x', 'text/plain'],
    ['POST', 'body', null, null, 'text/x', 'text/plain'],
    ['GET', '', null, null, 'text/x', null],
  ]);
});

test.each([
  ['a redirect to where credentials are', '/to/302?url=http%3A%2F%2F169.254.169.254%2Flatest', 'link-local'],
  ['a redirect to a name that is none', '/to/302?url=http%3A%2F%2Fnothing.invalid', 'there is no host nothing.invalid'],
])('%s is judged as the first address is', async (_what, path, message) => {
  expect(await ask(`return refusal(function () { client.request('GET', '${base}${path}') })`)).toContain(message);
});

test('a redirect is an answer where the configuration says so', async () => {
  const body = `var config = new HttpConfig(); config.setUrl('${base}/to/302?url=/echo'); var usual = config.isRedirects(); config.setRedirects(false);
    var resp = client.request(config); return [usual, config.isRedirects(), resp.code(), resp.header('Location')]`;

  expect(await ask(body)).toEqual([true, false, 302, '/echo']);
});

test('an endless chain of redirects ends', async () => {
  const loop = `${base}/to/302?url=`;
  const body = `function chain(steps) { var url = '/status/200'; for (var i = 0; i < steps; i++) { url = '${loop}' + encodeURIComponent(url) } return url }
    return [client.request('GET', chain(5)).code(), refusal(function () { client.request('GET', chain(6)) }), refusal(function () { client.request('GET', '${loop}') })]`;

  expect(await ask(body)).toEqual([
    200,
    expect.stringContaining('5 redirects were followed'),
    expect.stringContaining('5 redirects were followed'),
  ]);
});

test.each([
  ['http://169.254.169.254/latest/meta-data', 'link-local'],
  ['http://2852039166/', 'link-local'],
  ['http://[::ffff:169.254.169.254]/', 'link-local'],
  ['http://127.0.0.1:1/', 'ECONNREFUSED'],
  ['file:///etc/passwd', 'begins with http:// or https://'],
  ['127.0.0.1/x', 'begins with http:// or https://'],
])('%s is an error the script may catch', async (url, message) => {
  expect(await ask(`return refusal(function () { client.request('GET', '${url}') })`)).toContain(message);
});

test.each([
  ["client.request('TRACE', BASE)", 'method'],
  ["client.request('GET', BASE, { 'X-A': 'a\\r\\nX-B: b' })", 'x-a'],
  ['new HttpClient({ url: BASE })', 'HttpConfig'],
])('%s is refused', async (call, message) => {
  expect(await ask(`return refusal(function () { ${call.replace('BASE', `'${base}'`)} })`)).toContain(message);
});

test('in the cloud, this machine is no address either', async () => {
  process.env['CAUSEWAY_LOOPBACK'] = 'refused';
  try {
    expect(await ask(`return refusal(function () { client.request('GET', '${base}') })`)).toContain(
      'this machine itself',
    );
  } finally {
    process.env['CAUSEWAY_LOOPBACK'] = 'allowed';
  }
});

test('certificates are verified; another authority may be named, another name may not', async () => {
  const call = (
    url: string,
  ) => `refusal(function () { var config = new HttpConfig(); config.setUrl('${url}/status/200'); config.setCaCertData(${JSON.stringify(certificate)});
    return client.request(config) })`;
  const body = `return [refusal(function () { client.request('GET', '${secure}') }), ${call(secure)}, ${call(secure.replace('localhost', '127.0.0.1'))}]`;

  expect(await ask(body)).toEqual([
    expect.stringContaining('self-signed certificate'),
    'nothing',
    expect.stringContaining("IP: 127.0.0.1 is not in the cert's list"),
  ]);
});

test('an answer that is too large or does not come is an error, and the script goes on', async () => {
  const body = `var config = new HttpConfig(); config.setUrl('${base}/silent'); config.setReadTimeout(200);
    return [refusal(function () { client.request('GET', '${base}/large') }), refusal(function () { client.request(config) }),
      refusal(function () { client.request('GET', '${base}/silent') }), client === null]`;

  expect(await ask(body, { remainingMs: 2500 })).toEqual([
    'the answer is larger than 5 MB',
    expect.stringContaining('said nothing for 200 ms'),
    expect.stringMatching(/did not answer within \d+ ms/),
    false,
  ]);
});
