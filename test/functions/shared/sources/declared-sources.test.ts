import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DeclaredSource } from '../../../../core/fdi/declared-source.ts';
import { testDeclared } from '../../../../core/fdi/test-declared.ts';
import { openDeclared } from '../../../../functions/shared/declared-sources.ts';
import { createSourcePool } from '../../../../functions/shared/sources/source-pool.ts';
import { freePort } from '../../../conformance/endpoint.ts';
import { sourceDriver } from '../script/script-fixture.ts';
import { encryptedServers, PASSWORD } from './encrypted-servers.ts';

const { ports, authorities } = encryptedServers();
const pool = createSourcePool({ driver: sourceDriver });
let closed: number;

beforeAll(async () => {
  closed = await freePort();
});
afterAll(() => pool.close());

type Given = {
  readonly user?: string;
  readonly password?: string;
  readonly writes?: readonly string[];
  readonly ca?: string | null;
};

/** What a test of it answers, in short: `connects: ok`, `writes orders: rights`. */
async function tested(url: string, { user, password = PASSWORD, writes = [], ca = authorities.ca }: Given = {}) {
  const [scheme = '', rest = ''] = url.split('://');
  const source: DeclaredSource = {
    // As a test's source has no secret, its password is where one that is known only at deployment could be.
    url: `${scheme}://${user === undefined ? (scheme === 'redis' ? `:${password}@` : '') : `${user}:${password}@`}${rest}`,
    usedBy: 'Shop/Orders',
    ...(ca !== null && { ca: { pem: ca } }),
  };
  const checks = await testDeclared({ open: openDeclared(source, 8000, pool), now: () => 0 }, writes);
  for (const check of checks) {
    expect(JSON.stringify(check)).not.toContain(password);
  }

  return checks.map((check) => `${check.what}: ${check.ok ? 'ok' : check.kind}`);
}

const mysql = (place = `localhost:${ports.mysql}/shop`) => `jdbc:mysql://${place}`;
const postgresql = (place = `localhost:${ports.postgresql}/postgres`) => `jdbc:postgresql://${place}`;
const redis = (place = `localhost:${ports.redis}`) => `redis://${place}`;

test('a source that is right is connected, and may be written where it has to be', async () => {
  expect(await tested(mysql(), { user: 'reader' })).toEqual(['connects: ok']);
  expect(await tested(mysql(), { user: 'writer', writes: ['orders', 'shop.orders'] })).toEqual([
    ...['connects: ok', 'reads orders: ok', 'writes orders: ok', 'reads shop.orders: ok', 'writes shop.orders: ok'],
  ]);
  expect(await tested(postgresql(), { user: 'master' })).toEqual(['connects: ok']);
  expect(await tested(redis())).toEqual(['connects: ok']);
});

test('a right that is missing is told from a table that is', async () => {
  expect(await tested(mysql(), { user: 'reader', writes: ['orders', 'secrets', 'nothing'] })).toEqual([
    ...['connects: ok', 'reads orders: ok', 'writes orders: rights', 'reads secrets: rights', 'writes secrets: rights'],
    ...['reads nothing: rights', 'writes nothing: rights'],
  ]);
  expect(await tested(postgresql(), { user: 'master', writes: ['nothing'] })).toEqual([
    ...['connects: ok', 'reads nothing: missing', 'writes nothing: missing'],
  ]);
});

test.each([
  ['a host there is not', () => tested(mysql('nothing.invalid/shop'), { user: 'reader' }), 'address'],
  ['an address that is kept from', () => tested(redis('169.254.169.254')), 'address'],
  ['a port nobody listens at', () => tested(postgresql(`localhost:${closed}/postgres`), { user: 'master' }), 'network'],
  ['a port nobody listens at, of Redis', () => tested(redis(`localhost:${closed}`)), 'network'],
  ['a certificate nobody vouches for', () => tested(mysql(), { user: 'reader', ca: authorities.other }), 'tls'],
  ['another name', () => tested(postgresql(`127.0.0.1:${ports.postgresql}/postgres`), { user: 'master' }), 'tls'],
  ['no encryption where it is needed', () => tested(`${redis()}?sslmode=disable`, { ca: null }), 'network'],
  ['a wrong password', () => tested(mysql(), { user: 'reader', password: 'wrong-one' }), 'login'],
  ['a wrong password of PostgreSQL', () => tested(postgresql(), { user: 'master', password: 'wrong-one' }), 'login'],
  ['a wrong password of Redis', () => tested(redis(), { password: 'wrong-one' }), 'login'],
  ['a user there is not', () => tested(mysql(), { user: 'nobody' }), 'login'],
  [
    'a database there is not',
    () => tested(postgresql(`localhost:${ports.postgresql}/other`), { user: 'master' }),
    'missing',
  ],
  ['a database of Redis there is not', () => tested(redis(`localhost:${ports.redis}/99`)), 'missing'],
  [
    'a database the user has no right to',
    () => tested(mysql(`localhost:${ports.mysql}/mysql`), { user: 'reader' }),
    'rights',
  ],
  ['a URL of no source', () => tested('jdbc:oracle://h/d', { user: 'reader' }), 'address'],
])('%s is named', async (_, report, kind) => {
  expect(await report()).toEqual([`connects: ${kind}`]);
});
