import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Fn } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { generate } from 'selfsigned';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { FunctionApi } from '../../../lib/apic/function-api.ts';
import type { FunctionSourcesProps } from '../../../lib/apic/function-sources.ts';
import { assetOf, resourcesOf, sandbox } from '../sandbox.ts';

const folder = mkdtempSync(join(tmpdir(), 'causeway-function-sources-'));
const code = join(folder, 'orders.ts');
writeFileSync(code, 'export default async () => 1;');

let selfSigned: string;

beforeAll(async () => {
  selfSigned = (await generate([{ name: 'commonName', value: 'Shop CA' }], { keySize: 2048 })).cert.trim();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function asset(sourcesOf: (box: ReturnType<typeof sandbox>) => FunctionSourcesProps): string {
  const box = sandbox();
  const group = new ApiGroup(box.stack, 'Shop');
  new FunctionApi(box.stack, 'Orders', { group, app: box.owner, path: '/orders', code, sources: sourcesOf(box) });

  return assetOf(box.stack, 'OrdersFunction');
}

const drivers = (place: string) =>
  ['mysql', 'postgresql', 'redis'].filter((name) => existsSync(join(place, `drivers/${name}.mjs`)));

test('a function is told of its sources, has the drivers they need, and its passwords stay in their secrets', () => {
  const place = asset(({ stack }) => ({
    shop: {
      url: 'jdbc:postgresql://db.example.com/shop?sslmode=verify-full',
      user: 'reader',
      password: { secret: new Secret(stack, 'ShopPassword'), key: 'password' },
    },
    keys: { url: 'redis://keys.example.com' },
  }));

  expect(JSON.parse(readFileSync(join(place, 'variables.json'), 'utf8'))).toEqual({
    variables: {},
    secrets: {},
    sources: {
      shop: {
        url: { value: 'jdbc:postgresql://db.example.com/shop?sslmode=verify-full' },
        user: { value: 'reader' },
        password: { secret: expect.stringMatching(/^SCRIPT_VARIABLE_\d+$/), key: 'password' },
      },
      keys: { url: { value: 'redis://keys.example.com' } },
    },
  });
  expect(drivers(place)).toEqual(['postgresql', 'redis']);
});

test('authorities of a server are a text or a secret', () => {
  const ca = selfSigned;
  const place = asset(({ stack }) => ({
    shop: { url: 'jdbc:mysql://db.example.com/shop', certificateAuthority: ca },
    keys: { url: 'redis://keys.example.com', certificateAuthority: { secret: new Secret(stack, 'Ca'), key: 'pem' } },
  }));

  expect(JSON.parse(readFileSync(join(place, 'variables.json'), 'utf8')).sources).toMatchObject({
    shop: { ca: { value: ca } },
    keys: { ca: { secret: expect.stringMatching(/^SCRIPT_VARIABLE_\d+$/), key: 'pem' } },
  });
  expect(() => asset(() => ({ shop: { url: 'redis://h', certificateAuthority: 'mine' } }))).toThrow(
    'Lot/Orders: sources.shop.certificateAuthority: received',
  );
  expect(() => asset(() => ({ shop: { url: 'jdbc:mysql://h/d?useSSL=false', certificateAuthority: ca } }))).toThrow(
    'with it the connection is encrypted',
  );
});

test('a function whose source is known only at deployment has all drivers, one without sources none', () => {
  expect(drivers(asset(() => ({ any: { url: Fn.importValue('Url') } })))).toEqual(['mysql', 'postgresql', 'redis']);
  expect(drivers(asset(() => ({})))).toEqual([]);
});

test.each([
  [{ shop: { url: 'jdbc:oracle:thin:@h' } }, 'url'],
  [{ shop: { url: 'mysql://user:hidden@h/db' } }, 'sources.shop.url: received "a password"'],
  [{ shop: { url: 'jdbc:mysql://h/db?password=hidden' } }, 'sources.shop.url: received "a password"'],
  [{ 'a b': { url: 'redis://h' } }, 'received "a b"'],
])('%p is refused at synthesis', (sources, message) => {
  const refused = () => asset(() => sources as unknown as FunctionSourcesProps);

  expect(refused).toThrow(message);
  expect(refused).not.toThrow('hidden');
});

test('operators can have a source tested: it is in the catalogue, and its secrets may be read for that', () => {
  const { stack, owner, platform } = sandbox();
  const secret = new Secret(stack, 'ShopPassword');
  const shop = { url: 'jdbc:mysql://db.example.com/shop', user: 'reader', password: { secret, key: 'password' } };
  const group = new ApiGroup(stack, 'Shop');
  new FunctionApi(stack, 'Orders', { group, app: owner, path: '/orders', code, sources: { shop } });

  const policies = JSON.stringify(resourcesOf(stack, 'AWS::IAM::ManagedPolicy'));
  expect(policies).toMatch(/secretsmanager:GetSecretValue[^\]]*ShopPassword/);
  const entries = JSON.stringify(resourcesOf(stack, 'Custom::CausewayCatalog'));
  expect(entries).toContain('Shop.Orders.shop');
  expect(entries).toContain('Shop/Orders');
  expect(platform.management.sources).toBeDefined();
});
