import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ApiParameter } from '../../core/apic/api-definition.ts';
import { type BackendRequest, backendRequests } from '../../core/apic/backend-request.ts';
import { sign } from '../../core/apic/signature.ts';

const DOCUMENT = readFileSync(new URL('../../docs/backends.md', import.meta.url), 'utf8');
const block = (language: string) =>
  [...DOCUMENT.matchAll(/```(\w+)\n([\s\S]*?)```/g)].find(([, name]) => name === language)?.[2] as string;

interface Received {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

type Verify = (request: Received, secrets: Readonly<Record<string, string>>, now?: number) => string | undefined;

const NOW = new Date('2026-03-04T05:06:07Z');
const SECRETS = { 'Warehouse.1': 'first', 'Warehouse.2': 'second' };
const PARAMETERS: readonly ApiParameter[] = [
  { name: 'id', in: 'path', type: 'string', required: true },
  { name: 'unit', in: 'path', type: 'string', required: true },
];
const requestOf = backendRequests({
  name: 'Item',
  parameters: PARAMETERS,
  backend: {
    ...{
      kind: 'http',
      address: { value: 'http://warehouse.test:8080/v1' },
      method: 'POST',
      path: '/items/{id}/{unit}',
    },
    ...{ passthrough: true, timeoutMs: 1000, retries: 0 },
    parameters: PARAMETERS.map(({ name }) => ({ name, in: 'path', from: { parameter: name } })),
  },
});

let folder: string;
let verify: Verify;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-recipe-'));
  writeFileSync(join(folder, 'verify.mjs'), block('js'));
  writeFileSync(join(folder, 'verify.py'), `${block('python')}${PYTHON}`);
  verify = ((await import(join(folder, 'verify.mjs'))) as { verifiedKey: Verify }).verifiedKey;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Reads requests, a line of JSON each, and says of each whose key it is. */
const PYTHON = `
import base64, json, sys
now = datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone.utc)
for line in sys.stdin:
    one = json.loads(line)
    print(verified_key(one["method"], one["target"], one["headers"], base64.b64decode(one["body"]), one["secrets"], now))
`;

function inPython(requests: readonly Received[]): readonly string[] {
  const input = requests
    .map(({ body, ...request }) => JSON.stringify({ ...request, body: body.toString('base64'), secrets: SECRETS }))
    .join('\n');
  const { stdout, stderr } = spawnSync('python3', [join(folder, 'verify.py')], { input, encoding: 'utf8' });

  return stderr === '' ? stdout.trim().split('\n') : [stderr];
}

/** A request as a backend receives it, signed as the platform does. */
function received(request: BackendRequest, key = 'Warehouse.1', secret = 'first'): Received {
  const url = new URL(`http://warehouse.test:8080/v1${request.target}`);
  const { 'x-request-id': id = '', 'content-type': type } = request.headers;
  const covered = { 'x-request-id': id, ...(type !== undefined && { 'content-type': type }) };
  const { method, body = Buffer.alloc(0) } = request;
  const signature = sign({ method, url, headers: covered, body }, { key, secret }, NOW);
  const headers = Object.entries({ ...request.headers, ...signature, host: url.host });

  return {
    method,
    target: `${url.pathname}${url.search}`,
    headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
    body: Buffer.from(body),
  };
}

const text = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  fc.constantFrom('a b', 'a%20b', '%2541', '%', 'ä/ö', '停车', '🅿', "o'clock|^", 'a+b', '~*()!'),
);
const segment = text.filter((value) => value !== '.' && value !== '..');
const requests = fc
  .record({
    id: segment,
    unit: segment,
    query: fc.array(fc.tuple(text, fc.oneof(text, fc.constant(''))), { maxLength: 4 }),
    body: fc.uint8Array({ maxLength: 40 }),
  })
  .map(({ id, unit, query, body }) =>
    received(
      requestOf({
        path: { id, unit },
        query,
        headers: [['content-type', 'text/plain']],
        body,
        ...{ method: 'POST', api: 'Item', app: 'Shop', requestId: '56b2c6ae4a49f44b88670201eade9e05' },
      }),
    ),
  );

test('the recipe in JavaScript verifies what the platform signs, and tells which key it was', () => {
  fc.assert(
    fc.property(requests, (request) => {
      expect(verify(request, SECRETS, NOW.getTime())).toBe('Warehouse.1');
    }),
  );
});

test('the recipe in Python does as well', () => {
  const some = fc.sample(requests, 150);

  expect(new Set(inPython(some))).toEqual(new Set(['Warehouse.1']));
});

test('neither takes a request of which a byte was changed', () => {
  const changed = fc.sample(fc.tuple(requests, fc.nat()), 60).flatMap(([request, at]) => tampered(request, at));

  expect(changed.length).toBeGreaterThan(250);
  expect(changed.filter((one) => verify(one, SECRETS, NOW.getTime()) !== undefined)).toEqual([]);
  expect(new Set(inPython(changed))).toEqual(new Set(['None']));
});

function tampered(request: Received, at: number): readonly Received[] {
  const { method, target, headers, body } = request;
  const bytes = Buffer.from(body);
  if (bytes.length > 0) {
    bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ 1;
  }
  const header = (name: string, value: string) => ({ ...request, headers: { ...headers, [name]: value } });

  return [
    { ...request, method: method === 'POST' ? 'PUT' : 'POST' },
    { ...request, target: target.replace('/v1/items/', '/v1/itemz/') },
    { ...request, target: `${target}${target.includes('?') ? '&' : '?'}more=1` },
    ...(bytes.length > 0 ? [{ ...request, body: bytes }] : [{ ...request, body: Buffer.from('more') }]),
    header('host', 'warehouse.test:8081'),
    header('x-request-id', '56b2c6ae4a49f44b88670201eade9e06'),
    header('content-type', 'text/html'),
    header('x-sdk-date', '20260304T050608Z'),
    header('authorization', (headers['authorization'] as string).replace('Warehouse.1', 'Warehouse.2')),
    header('authorization', (headers['authorization'] as string).replace('x-request-id;', '')),
  ];
}

test('an old one is refused, and so is a key that the backend does not have', () => {
  const request = received(
    requestOf({
      ...{ path: { id: '1', unit: 'kg' }, query: [], headers: [], body: Buffer.alloc(0) },
      ...{ method: 'POST', api: 'Item', app: 'Shop', requestId: '56b2c6ae4a49f44b88670201eade9e05' },
    }),
  );

  expect(verify(request, SECRETS, NOW.getTime() + 15 * 60_000)).toBe('Warehouse.1');
  expect(verify(request, SECRETS, NOW.getTime() + 15 * 60_000 + 1000)).toBeUndefined();
  expect(verify(request, { 'Warehouse.2': 'second' }, NOW.getTime())).toBeUndefined();
});
