import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AwsRequest, AwsService } from '../../../local/aws/service.ts';
import type { EngineHost, IotRegistry } from '../../../local/engines.ts';
import { createIotRegistry } from '../../../local/iot/iot-registry.ts';

let state: string;
let registry: IotRegistry;

const CALLER = { roleArn: 'role', sessionArn: 'session' };
const TYPE = { kind: 'thing-type', name: 'Sensor', searchableAttributes: [], deprecated: false } as const;

async function start() {
  registry = createIotRegistry({ state } as EngineHost);
  await registry.start();
}

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'causeway-iot-'));
  await start();
});

afterEach(() => rmSync(state, { recursive: true, force: true }));

function request(method: string, target: string, body: unknown): AwsRequest {
  const { pathname, searchParams } = new URL(target, 'http://iot');
  return {
    method,
    path: pathname,
    query: searchParams,
    headers: {},
    body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
  };
}

const service = () => registry.services?.[0] as AwsService;

async function call(method: string, target: string, body?: unknown): Promise<unknown> {
  return JSON.parse(String((await service().handle(request(method, target, body), CALLER)).body));
}

function refusal(code: string, status?: number) {
  return expect.objectContaining({ code, ...(status === undefined ? {} : { status }) });
}

test('a thing is created with its attributes, described, and there after a restart', async () => {
  const created = await call('POST', '/things/d1', {
    attributePayload: { attributes: { productId: 'p', deviceId: 'S-001' } },
  });
  await start();

  expect(created).toEqual({
    thingName: 'd1',
    thingArn: 'arn:aws:iot:us-east-1:000000000000:thing/d1',
    thingId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(await call('GET', '/things/d1')).toEqual({
    ...(created as object),
    defaultClientId: 'd1',
    attributes: { productId: 'p', deviceId: 'S-001' },
    version: 1,
  });
});

test('creating the same thing again is a success, and another one of its name is not', async () => {
  const first = await call('POST', '/things/d1', { attributePayload: { attributes: { a: '1' } } });

  expect(await call('POST', '/things/d1', { attributePayload: { attributes: { a: '1' } } })).toEqual(first);
  await expect(call('POST', '/things/d1', {})).rejects.toEqual(refusal('ResourceAlreadyExistsException', 409));
});

test.each([
  ['four attributes without a type', { attributePayload: { attributes: { a: '1', b: '2', c: '3', d: '4' } } }],
  ['an attribute name with a space', { attributePayload: { attributes: { 'a b': '1' } } }],
  ['an attribute value with a space', { attributePayload: { attributes: { a: '1 2' } } }],
  ['an attribute of 801 characters', { attributePayload: { attributes: { a: 'x'.repeat(801) } } }],
  ['attributes that are a list', { attributePayload: { attributes: [] } }],
])('%s is an invalid request', async (_, body) => {
  await expect(call('POST', '/things/d1', body)).rejects.toEqual(refusal('InvalidRequestException', 400));
});

test('with a thing type a thing has up to 50 attributes', async () => {
  await registry.apply(TYPE);
  const attributes = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, String(i)]));

  await call('POST', '/things/d1', { thingTypeName: 'Sensor', attributePayload: { attributes: attributes(50) } });

  const tooMany = { thingTypeName: 'Sensor', attributePayload: { attributes: attributes(51) } };
  await expect(call('POST', '/things/d2', tooMany)).rejects.toEqual(refusal('InvalidRequestException'));
});

test('a thing needs a thing type that exists and is not deprecated', async () => {
  await expect(call('POST', '/things/d1', { thingTypeName: 'Sensor' })).rejects.toEqual(
    refusal('ResourceNotFoundException', 404),
  );
  await registry.apply({ ...TYPE, deprecated: true });

  await expect(call('POST', '/things/d1', { thingTypeName: 'Sensor' })).rejects.toEqual(
    refusal('InvalidRequestException'),
  );
});

test('an update replaces or merges attributes, drops empty ones, and counts the version', async () => {
  await call('POST', '/things/d1', { attributePayload: { attributes: { a: '1', b: '2' } } });

  await call('PATCH', '/things/d1', { attributePayload: { attributes: { b: '', c: '3' }, merge: true } });
  expect(await call('GET', '/things/d1')).toMatchObject({ attributes: { a: '1', c: '3' }, version: 2 });
  await call('PATCH', '/things/d1', { attributePayload: { attributes: { d: '4' } }, expectedVersion: 2 });
  expect(await call('GET', '/things/d1')).toMatchObject({ version: 3 });

  expect(((await call('GET', '/things/d1')) as { attributes: unknown }).attributes).toEqual({ d: '4' });
  await expect(call('PATCH', '/things/d1', { expectedVersion: 2 })).rejects.toEqual(
    refusal('VersionConflictException', 409),
  );
  await expect(call('PATCH', '/things/d9', {})).rejects.toEqual(refusal('ResourceNotFoundException', 404));
});

test('a thing takes and loses its type by an update', async () => {
  await registry.apply(TYPE);
  await call('POST', '/things/d1', {});

  await call('PATCH', '/things/d1', { thingTypeName: 'Sensor' });
  expect(await call('GET', '/things/d1')).toMatchObject({ thingTypeName: 'Sensor' });
  await call('PATCH', '/things/d1', { removeThingType: true });

  expect(await call('GET', '/things/d1')).not.toHaveProperty('thingTypeName');
});

test('a deleted thing is gone, and deleting nothing is no error', async () => {
  await call('POST', '/things/d1', {});

  await expect(call('DELETE', '/things/d1?expectedVersion=7')).rejects.toEqual(refusal('VersionConflictException'));
  expect(await call('DELETE', '/things/d1?expectedVersion=1')).toEqual({});
  expect(await call('DELETE', '/things/d1')).toEqual({});

  await expect(call('GET', '/things/d1')).rejects.toEqual(refusal('ResourceNotFoundException', 404));
});

test('things are listed in pages, by type and by attribute', async () => {
  await registry.apply(TYPE);
  for (const name of ['c', 'a', 'b', '__proto__']) {
    await call('POST', `/things/${name}`, {
      ...(name === 'c' ? {} : { thingTypeName: 'Sensor' }),
      attributePayload: { attributes: { name, kind: `k${name}` } },
    });
  }
  type Page = { things: { thingName: string }[]; nextToken?: string };
  const names = ({ things }: Page) => things.map(({ thingName }) => thingName);

  const first = (await call('GET', '/things?maxResults=3')) as Page;
  const second = (await call('GET', `/things?maxResults=3&nextToken=${first.nextToken}`)) as Page;

  expect([names(first), names(second), second.nextToken]).toEqual([['__proto__', 'a', 'b'], ['c'], undefined]);
  expect(names((await call('GET', '/things?thingTypeName=Sensor')) as Page)).toEqual(['__proto__', 'a', 'b']);
  expect(names((await call('GET', '/things?attributeName=name&attributeValue=a')) as Page)).toEqual(['a']);
  expect(
    names((await call('GET', '/things?attributeName=kind&attributeValue=k&usePrefixAttributeValue=true')) as Page),
  ).toHaveLength(4);
  await expect(call('GET', '/things?maxResults=0')).rejects.toEqual(refusal('InvalidRequestException'));
});

test('a thing type is created, deprecated and then deleted', async () => {
  const properties = { thingTypeProperties: { thingTypeDescription: 'parks', searchableAttributes: ['a'] } };
  const created = await call('POST', '/thing-types/Gate', properties);

  expect(await call('POST', '/thing-types/Gate', properties)).toEqual(created);
  await expect(call('POST', '/thing-types/Gate', {})).rejects.toEqual(refusal('ResourceAlreadyExistsException', 409));
  await expect(call('DELETE', '/thing-types/Gate')).rejects.toEqual(refusal('InvalidRequestException'));
  await call('POST', '/thing-types/Gate/deprecate', {});
  expect(await call('GET', '/thing-types/Gate')).toMatchObject({
    thingTypeArn: 'arn:aws:iot:us-east-1:000000000000:thingtype/Gate',
    thingTypeProperties: { thingTypeDescription: 'parks', searchableAttributes: ['a'] },
    thingTypeMetadata: { deprecated: true, creationDate: expect.any(Number), deprecationDate: expect.any(Number) },
  });
  expect(await call('GET', '/thing-types')).toMatchObject({ thingTypes: [{ thingTypeName: 'Gate' }] });
  await call('DELETE', '/thing-types/Gate');

  await expect(call('GET', '/thing-types/Gate')).rejects.toEqual(refusal('ResourceNotFoundException', 404));
});

test("a template's thing type keeps its id, and stays while it has things", async () => {
  const { id } = await registry.apply(TYPE);
  await call('POST', '/things/d1', { thingTypeName: 'Sensor' });
  await start();

  expect((await registry.apply({ ...TYPE, description: 'new' })).id).toBe(id);
  await expect(registry.remove(TYPE)).rejects.toEqual(refusal('InvalidRequestException'));
  await call('DELETE', '/things/d1');
  await registry.remove(TYPE);
  await registry.remove(TYPE);

  await expect(call('GET', '/thing-types/Sensor')).rejects.toEqual(refusal('ResourceNotFoundException'));
});

test('the endpoint is the local one, and so is the domain configuration', async () => {
  await registry.apply({
    kind: 'domain-configuration',
    name: 'devices',
    defaultAuthorizerName: 'device',
    allowAuthorizerOverride: false,
    enabled: true,
  });

  expect(await call('GET', '/endpoint?endpointType=iot:Data-ATS')).toEqual({ endpointAddress: 'localhost' });
  await expect(call('GET', '/endpoint?endpointType=iot:Jobs')).rejects.toEqual(refusal('InvalidRequestException'));
  expect(await call('GET', '/domainConfigurations/devices')).toMatchObject({
    domainConfigurationArn: expect.stringMatching(/:domainconfiguration\/devices\/[0-9a-f]{5}$/),
    domainName: 'localhost',
    domainConfigurationStatus: 'ENABLED',
    authorizerConfig: { defaultAuthorizerName: 'device', allowAuthorizerOverride: false },
  });
  await expect(call('GET', '/domainConfigurations/none')).rejects.toEqual(refusal('ResourceNotFoundException', 404));
});

test.each([
  ['POST', '/things/d%3A1', 'iot:CreateThing', 'arn:aws:iot:us-east-1:000000000000:thing/d:1'],
  ['GET', '/things/d1', 'iot:DescribeThing', 'arn:aws:iot:us-east-1:000000000000:thing/d1'],
  ['PATCH', '/things/d1', 'iot:UpdateThing', 'arn:aws:iot:us-east-1:000000000000:thing/d1'],
  ['DELETE', '/things/d1', 'iot:DeleteThing', 'arn:aws:iot:us-east-1:000000000000:thing/d1'],
  ['GET', '/things', 'iot:ListThings', '*'],
  ['GET', '/thing-types/T', 'iot:DescribeThingType', 'arn:aws:iot:us-east-1:000000000000:thingtype/T'],
  ['GET', '/endpoint', 'iot:DescribeEndpoint', '*'],
])('%s %s needs %s', (method, target, action, resource) => {
  expect(service().needs(request(method, target, undefined))).toEqual([{ action, resource }]);
});

test('what is not run is refused by name', () => {
  expect(() => service().needs(request('PUT', '/things/d1/principals', undefined))).toThrow(
    'iot: PUT /things/d1/principals is not run locally',
  );
});

test.each([undefined, 'localhost', '127.0.0.1', 'iot.example.com'])(
  'a connection to %s is judged by the default authorizer of its domain configuration',
  async (serverName) => {
    const authorizer = { kind: 'authorizer', active: true } as const;
    const domain = { kind: 'domain-configuration', allowAuthorizerOverride: false, enabled: true } as const;
    await registry.apply({ ...authorizer, name: 'first', functionArn: 'f1' });
    await registry.apply({ ...authorizer, name: 'own', functionArn: 'f2' });
    await registry.apply({ ...domain, name: 'a', defaultAuthorizerName: 'first' });
    await registry.apply({ ...domain, name: 'b', defaultAuthorizerName: 'own', domainName: 'iot.example.com' });

    expect(registry.authorizerFor(serverName)).toEqual(
      serverName === 'iot.example.com'
        ? { functionArn: 'f2', authorizerArn: 'arn:aws:iot:us-east-1:000000000000:authorizer/own' }
        : { functionArn: 'f1', authorizerArn: 'arn:aws:iot:us-east-1:000000000000:authorizer/first' },
    );
    expect(registry.authorizerFor('elsewhere')).toBeUndefined();
  },
);

test('who shows a certificate is judged by the configuration for certificates, who shows none by the other', async () => {
  const domain = { kind: 'domain-configuration', allowAuthorizerOverride: false, enabled: true } as const;
  await registry.apply({ kind: 'authorizer', name: 'passwords', functionArn: 'f1', active: true });
  await registry.apply({ kind: 'authorizer', name: 'certificates', functionArn: 'f2', active: true });
  await registry.apply({ ...domain, name: 'a', defaultAuthorizerName: 'certificates', certificates: true });
  await registry.apply({ ...domain, name: 'b', defaultAuthorizerName: 'passwords' });

  expect(registry.authorizerFor('localhost', true)).toMatchObject({ functionArn: 'f2' });
  expect(registry.authorizerFor('localhost', false)).toMatchObject({ functionArn: 'f1' });
});

test('nobody judges where the authorizer or the domain configuration is switched off', async () => {
  const authorizer = { kind: 'authorizer', name: 'a', functionArn: 'f', active: false } as const;
  const domain = {
    kind: 'domain-configuration',
    name: 'd',
    defaultAuthorizerName: 'a',
    allowAuthorizerOverride: false,
    enabled: true,
  } as const;
  await registry.apply(authorizer);
  await registry.apply(domain);
  expect(registry.authorizerFor(undefined)).toBeUndefined();

  await registry.apply({ ...authorizer, active: true });
  expect(registry.authorizerFor(undefined)).toBeDefined();
  await registry.apply({ ...domain, enabled: false });

  expect(registry.authorizerFor(undefined)).toBeUndefined();
});

test('the log level is what the template says, until it says nothing', async () => {
  await registry.apply({ kind: 'logging', name: 'logging', level: 'ERROR' });
  expect(registry.logLevel).toBe('ERROR');

  await registry.remove({ kind: 'logging', name: 'logging' });

  expect(registry.logLevel).toBe('INFO');
});
