import { beforeAll, expect, test } from '@jest/globals';
import type { IoTCustomAuthorizerEvent } from 'aws-lambda';
import type { DeviceRecord } from '../../../core/link/device.ts';
import { devicePolicy } from '../../../core/link/device-policy.ts';
import { hashPassword } from '../../../core/link/password.ts';
import { authorizeDevice } from '../../../functions/link/authorize-device.ts';
import { logLines } from '../shared/log-lines.ts';

const CLIENT_ID = 'd0123456789abcdef0123';
const PASSWORD = 'Passw0rd-x';
const CONTEXT = { invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:authorize' };
const log = logLines();
let device: DeviceRecord;

beforeAll(async () => {
  device = {
    clientId: CLIENT_ID,
    productId: 'p1234',
    product: 'ParkingSensor',
    deviceId: 'S-001',
    name: 'S-001',
    enabled: true,
    passwordHash: await hashPassword(PASSWORD),
    app: 'parking',
    tags: [],
    description: '',
    registeredAt: '2026-11-24T10:00:00.000Z',
  };
});

/** As the custom-auth pages of AWS show it: MQTT over TLS. */
function loginEvent(mqtt: Record<string, string | undefined> = {}): IoTCustomAuthorizerEvent {
  return {
    signatureVerified: false,
    protocols: ['tls', 'mqtt'],
    protocolData: {
      tls: { serverName: 'abc-ats.iot.eu-west-1.amazonaws.com' },
      mqtt: { clientId: CLIENT_ID, username: CLIENT_ID, password: base64(PASSWORD), ...mqtt },
    },
    connectionMetadata: { id: '3f6d1c2e-0000-4000-8000-000000000000' },
  } as IoTCustomAuthorizerEvent;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Logs in against a registry that holds one device; the lookups made come back too. */
async function login(event: IoTCustomAuthorizerEvent, difference: Partial<DeviceRecord> = {}) {
  const lookups: string[] = [];
  const authorize = authorizeDevice({
    findDevice: async (clientId) => {
      lookups.push(clientId);

      return clientId === CLIENT_ID ? { ...device, ...difference } : undefined;
    },
  });

  return { result: await authorize(event, CONTEXT), lookups };
}

test('a device logs in with its client id, user name and password, and may do what its policy says', async () => {
  const { result } = await login(loginEvent());

  const place = { partition: 'aws', region: 'eu-west-1', account: '123456789012' };
  expect(result).toEqual({
    isAuthenticated: true,
    principalId: CLIENT_ID,
    disconnectAfterInSeconds: 86_400,
    refreshAfterInSeconds: 300,
    policyDocuments: [devicePolicy(place, device)],
  });
  expect(log.all()).toEqual([
    expect.objectContaining({
      message: 'device logged in',
      clientId: CLIENT_ID,
      product: 'ParkingSensor',
      device: 'S-001',
    }),
  ]);
});

test('parameters of IoT behind the user name are no part of it', async () => {
  const { result } = await login(loginEvent({ username: `${CLIENT_ID}?x-amz-customauthorizer-name=devices` }));

  expect(result.isAuthenticated).toBe(true);
});

test.each([
  ['wrong password', { password: base64('Passw0rd-y') }, {}],
  ['wrong password', { password: '%%% no base64' }, {}],
  ['device disabled', {}, { enabled: false }],
  ['wrong password', {}, { passwordHash: 'damaged' }],
  ['unknown device', { clientId: 'dffff', username: 'dffff' }, {}],
  ['unknown device', { clientId: 'x'.repeat(60_000), username: 'x'.repeat(60_000) }, {}],
  ['client id and user name differ', { username: 'dffff' }, {}],
  ['client id and user name differ', { username: `?${CLIENT_ID}` }, {}],
  ['no client id', { clientId: '' }, {}],
  ['no client id', { clientId: undefined }, {}],
  ['no user name', { username: undefined }, {}],
  ['no password', { password: undefined }, {}],
])('%s is refused and the log says so: %j %j', async (reason, mqtt, difference) => {
  const { result } = await login(loginEvent(mqtt), difference);

  expect(result).toEqual({
    isAuthenticated: false,
    principalId: expect.stringMatching(/^refused[A-Z][a-zA-Z]{4,100}$/),
    disconnectAfterInSeconds: 300,
    refreshAfterInSeconds: 300,
    policyDocuments: [],
  });
  expect(log.all()).toEqual([expect.objectContaining({ level: 'WARN', message: 'device refused', reason })]);
  expect(log.text().length).toBeLessThan(500);
});

test.each([
  { protocols: ['tls', 'http'], protocolData: { http: { headers: {}, queryString: '' } } },
  { protocols: ['tls', 'http'] },
  { protocolData: {} },
  { protocolData: undefined, protocols: undefined, connectionMetadata: undefined },
])('what is not MQTT is refused: %j', async (difference) => {
  const { result, lookups } = await login({ ...loginEvent(), ...difference } as unknown as IoTCustomAuthorizerEvent);

  expect(result.isAuthenticated).toBe(false);
  expect(log.all()).toEqual([expect.objectContaining({ reason: 'not MQTT' })]);
  expect(lookups).toEqual([]);
});

test('no log line holds a password, right or wrong', async () => {
  await login(loginEvent());
  await login(loginEvent({ password: base64('hunter2-Guess') }));

  for (const secret of [PASSWORD, base64(PASSWORD), 'hunter2-Guess', base64('hunter2-Guess')]) {
    expect(log.text()).not.toContain(secret);
  }
});

test('a device table that does not answer is an error, not a wrong password', async () => {
  const authorize = authorizeDevice({ findDevice: () => Promise.reject(new TypeError('throttled')) });

  await expect(authorize(loginEvent(), CONTEXT)).rejects.toThrow('throttled');
});
