import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { IoTCustomAuthorizerEvent } from 'aws-lambda';
import { handler as authorizeDevice } from '../../../functions/link/authorize-device.ts';
import { handler as controlDevices } from '../../../functions/link/control-devices.ts';
import { handler as manageDevices } from '../../../functions/link/manage-devices.ts';
import { handler as provisionDevices } from '../../../functions/link/provision-devices.ts';
import { handler as recordPresence } from '../../../functions/link/record-presence.ts';
import { handler as managePlatform } from '../../../functions/platform/manage-platform.ts';
import { handler as provisionCatalog } from '../../../functions/platform/provision-catalog.ts';
import { awsEndpoint } from '../shared/aws-endpoint.ts';
import { CloudFormation } from '../shared/cloud-formation.ts';
import { dynamoTables } from '../shared/dynamo-tables.ts';
import { logLines } from '../shared/log-lines.ts';
import { callManagement } from '../shared/management-call.ts';
import { type RegistryOnAws, registryOnAws } from './registry-on-aws.ts';

// The handlers as they are deployed, with the real SDK clients: what the tests beside this one leave to ports.

const aws = awsEndpoint();
const log = logLines();
dynamoTables();
const things: RegistryOnAws['things'] = new Map();
const secrets = new Map([
  ['arn:devices', 'a random string, as CDK makes it'],
  ['arn:app', '{"key":"K","secret":"S","appCodes":["C"]}'],
]);
const connected = new Set<string>();
let cloudFormation: CloudFormation;

beforeEach(async () => {
  Object.assign(process.env, { CAUSEWAY_ENVIRONMENT: 'test', MQTT_DOMAIN_CONFIGURATION: 'devices' });
  registryOnAws(aws, { things, secrets, connected });
  cloudFormation = new CloudFormation();
  await cloudFormation.start();
});

afterEach(async () => {
  await cloudFormation.stop();
});

const CATALOG = {
  Entries: [
    {
      kind: 'product',
      name: 'ParkingSensor',
      document: { productId: 'p1111', app: 'owner', devicesSecret: 'arn:devices' },
    },
    { kind: 'app', name: 'owner', document: { secretArn: 'arn:app' } },
    {
      kind: 'api',
      name: 'Parking/free',
      document: { group: 'Parking', stage: 'RELEASE', app: 'owner', appCode: 'true' },
    },
  ],
};
const DEVICES = {
  Product: 'ParkingSensor',
  ProductId: 'p1111',
  App: 'owner',
  SecretArn: 'arn:devices',
  Devices: [{ device: 'S-001' }, { device: 'S-002', enabled: 'false' }],
};

async function login({ clientId, password }: { clientId: string; password: string }): Promise<boolean> {
  const event = {
    signatureVerified: false,
    protocols: ['tls', 'mqtt'],
    protocolData: { mqtt: { clientId, username: clientId, password: Buffer.from(password).toString('base64') } },
    connectionMetadata: { id: 'connection' },
  } as unknown as IoTCustomAuthorizerEvent;
  const context = { invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:authorize' };

  return (await authorizeDevice(event, context)).isAuthenticated;
}

function fixedDevices(): { device: string; clientId: string; password: string }[] {
  return JSON.parse(secrets.get('arn:devices') ?? '').devices;
}

test('a stack’s devices and one registered at run time can log in, are listed, and are gone with their stack', async () => {
  expect(await cloudFormation.send(provisionCatalog, cloudFormation.event('Create', CATALOG))).toMatchObject({
    Status: 'SUCCESS',
  });
  const created = await cloudFormation.send(provisionDevices, cloudFormation.event('Create', DEVICES));
  expect(created).toMatchObject({ Status: 'SUCCESS' });
  const [first, second] = fixedDevices();
  expect(await Promise.all([first, second].map((device) => device && login(device)))).toEqual([true, false]);
  expect(things.get(first?.clientId ?? '')).toEqual({
    thingTypeName: 'p1111',
    attributes: { productId: 'p1111', deviceId: 'S-001' },
  });

  const registered = await callManagement(manageDevices, {
    method: 'POST',
    resource: '/devices',
    body: { product: 'ParkingSensor', device: 'S-100' },
  });
  expect(registered.status).toBe(201);
  const { clientId, password } = registered.body as { clientId: string; password: string };
  expect(await login({ clientId, password })).toBe(true);
  expect(await login({ clientId, password: `${password}x` })).toBe(false);
  expect(log.text()).not.toContain(password);

  const list = await callManagement(manageDevices, { resource: '/devices', query: { limit: '200' } });
  expect(list.body['items']).toMatchObject([{ device: 'S-001' }, { device: 'S-002' }, { device: 'S-100' }]);
  const shown = await callManagement(manageDevices, {
    resource: '/devices/{product}/{device}',
    path: { product: 'ParkingSensor', device: 'S-002' },
  });
  expect(shown.body).toMatchObject({ device: 'S-002', enabled: false });
  expect(JSON.stringify([list.body, shown.body])).not.toMatch(/scrypt|declaredBy/);

  const event = { clientId, timestamp: Date.UTC(2026, 10, 24), sessionIdentifier: 's', versionNumber: 0 };
  await recordPresence({ ...event, eventType: 'disconnected', disconnectReason: 'CONNECTION_LOST' });
  await recordPresence({ ...event, eventType: 'connected' });
  const path = { product: 'ParkingSensor', device: 'S-100' };
  const offline = await callManagement(manageDevices, { resource: '/devices/{product}/{device}', path });
  expect(offline.body['presence']).toEqual({
    state: 'offline',
    since: '2026-11-24T00:00:00.000Z',
    reason: 'CONNECTION_LOST',
  });

  connected.add(clientId);
  const control = { resource: '/devices/{product}/{device}', path };
  await callManagement(controlDevices, { ...control, method: 'PATCH', body: { enabled: false } });
  expect([connected.has(clientId), await login({ clientId, password })]).toEqual([false, false]);
  await callManagement(controlDevices, { ...control, method: 'PATCH', body: { enabled: true } });
  expect(await login({ clientId, password })).toBe(true);
  const fixed = await callManagement(controlDevices, {
    method: 'POST',
    resource: '/devices/{product}/{device}/password',
    path: { product: 'ParkingSensor', device: 'S-001' },
  });
  expect(fixedDevices()[0]).toEqual(fixed.body);
  expect(first && (await login(first))).toBe(false);
  expect(await login(fixed.body as { clientId: string; password: string })).toBe(true);

  connected.add(first?.clientId ?? '').add(clientId);
  const { PhysicalResourceId } = created;
  const deleted = await cloudFormation.send(
    provisionDevices,
    cloudFormation.event('Delete', DEVICES, { PhysicalResourceId }),
  );
  expect(deleted).toMatchObject({ Status: 'SUCCESS' });
  expect([...things.keys()]).toEqual([clientId]);
  expect([...connected]).toEqual([clientId]);
  expect(first && (await login(first))).toBe(false);
  expect(await login({ clientId, password })).toBe(true);
});

test('the platform’s routes read what the stacks have declared', async () => {
  await cloudFormation.send(provisionCatalog, cloudFormation.event('Create', CATALOG));

  const instance = await callManagement(managePlatform, { resource: '/instance' });
  const again = await callManagement(managePlatform, { resource: '/instance' });
  const apis = await callManagement(managePlatform, { resource: '/apis' });

  expect(instance.body).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    environment: 'test',
    mqtt: { host: 'abc-ats.iot.us-east-1.amazonaws.com', port: 443 },
  });
  expect(again.body['id']).toBe(instance.body['id']);
  expect(apis.body).toEqual({
    items: [{ name: 'Parking/free', group: 'Parking', stage: 'RELEASE', app: 'owner', appCode: true }],
  });
});

test('a device that is deleted at run time is gone from the table and the registry', async () => {
  await cloudFormation.send(provisionCatalog, cloudFormation.event('Create', CATALOG));
  const path = { product: 'ParkingSensor', device: 'S-200' };
  const { body } = await callManagement(manageDevices, { method: 'POST', resource: '/devices', body: path });
  const remove = () =>
    callManagement(manageDevices, { method: 'DELETE', resource: '/devices/{product}/{device}', path });

  expect(await remove()).toMatchObject({ status: 200 });

  expect(things.has(String(body['clientId']))).toBe(false);
  expect(await remove()).toMatchObject({ status: 404 });
});
