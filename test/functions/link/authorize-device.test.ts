import { X509Certificate } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import type { IoTCustomAuthorizerEvent } from 'aws-lambda';
import type { DeviceRecord } from '../../../core/link/device.ts';
import { devicePolicies } from '../../../core/link/device-policy.ts';
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
    basicIngest: async (product) => product === 'Ingesting',
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
    policyDocuments: devicePolicies(place, device),
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
  const authorize = authorizeDevice({
    findDevice: () => Promise.reject(new TypeError('throttled')),
    basicIngest: async () => false,
  });

  await expect(authorize(loginEvent(), CONTEXT)).rejects.toThrow('throttled');
});

/** As the page on custom authentication with certificates describes it. */
function certificateEvent(tls: Record<string, string>, mqtt: Record<string, string> = {}): IoTCustomAuthorizerEvent {
  const event = loginEvent();

  return {
    ...event,
    protocolData: { tls: { serverName: 's', ...tls }, mqtt: { clientId: CLIENT_ID, ...mqtt } },
  } as IoTCustomAuthorizerEvent;
}

const OWN = 'a'.repeat(64);
const REVOKED = 'b'.repeat(64);
const certificates = {
  [OWN]: { createdAt: '1', expiresAt: '2' },
  [REVOKED]: { createdAt: '1', expiresAt: '2', revokedAt: '3' },
};

test('a device logs in with one of its certificates alone, and may do what it may with its password', async () => {
  const { result } = await login(certificateEvent({ principalId: OWN }), { certificates });
  const { result: withPassword } = await login(loginEvent());

  expect(result).toEqual(withPassword);
});

test.each([
  ['another device’s certificate', { principalId: 'c'.repeat(64) }, {}, 'certificate of another device'],
  ['a revoked certificate', { principalId: REVOKED }, {}, 'certificate revoked'],
  ['its certificate while it is disabled', { principalId: OWN }, { enabled: false }, 'device disabled'],
])('with %s a device is refused', async (_, tls, difference, reason) => {
  const { result } = await login(certificateEvent(tls), { certificates, ...difference });

  expect(result).toMatchObject({ isAuthenticated: false, policyDocuments: [] });
  expect(log.text()).toContain(reason);
});

test('a right password does not help who shows a wrong certificate', async () => {
  const event = certificateEvent(
    { principalId: REVOKED },
    { clientId: CLIENT_ID, username: CLIENT_ID, password: base64(PASSWORD) },
  );

  expect((await login(event, { certificates })).result.isAuthenticated).toBe(false);
});

test('the certificate itself counts before the id beside it', async () => {
  const id = new X509Certificate(PEM).fingerprint256.replaceAll(':', '').toLowerCase();
  const event = certificateEvent({ x509CertificatePem: PEM, principalId: OWN });

  expect((await login(event, { certificates })).result.isAuthenticated).toBe(false);
  expect((await login(event, { certificates: { [id]: { createdAt: '1', expiresAt: '2' } } })).result).toMatchObject({
    isAuthenticated: true,
  });
});

const PEM = `-----BEGIN CERTIFICATE-----
MIIC7zCCAdegAwIBAgIJWOzW5UcAlSRbMA0GCSqGSIb3DQEBCwUAMC4xLDAqBgNV
BAMTI0NhdXNld2F5IGxvY2FsIGF1dGhvcml0eSBvZiBkZXZpY2VzMB4XDTI2MTEy
NDEyNTgxOFoXDTQ5MTIzMTIzNTk1OVowHjEcMBoGA1UEAxMTQVdTIElvVCBDZXJ0
aWZpY2F0ZTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAKTeIBOTUTQC
4OxMKm8Kl4gf8gXXYdMzticaMd/H33jV+Q9HIAVK+zBNoUfwW5fH1fLyLCJ+E3Zi
CuEl4462+Tv9Z+l/VXfb7p1eByoTjqZb3NDf98KemMSX29Nu9JX/NtkCM+tzmQLW
hCZBu1NJzRmI3iDiWtPuNWJO0Gq5vN3o6tPFoC92bQg8fM+/xN3ig06id/nE37bX
wViCh3wXKvtn0utnpGPgGs5XsSLHdsmitW9YzFTnzq7CkeTVsP/AMLDa1ebx1jGj
ppOy2rqXcaQdBvqQP8H9bAv9VIi7lS8uZsuNrnGS797rp6C6GDg7iZyJVLcJbEgi
qnpB24hgo80CAwEAAaMgMB4wDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4Aw
DQYJKoZIhvcNAQELBQADggEBAGg0fxjk5r0yFMmMK6IWaw+5DiNmsWfEZneeov97
D4ccqjDnptpKXJiOnp7Ivfwsr+wJPYDlztg9ndf82+aZzIYkYph0NALO6ZQ5Scxh
kg5PZOg8Ry5IjJGR2RvnT210N1ramQ6Duzxai4lmyIXZeCcpR0JQqpD9we2hLrml
yTy8GxQc+srCTPBU6/QrHkln60Ww2nMEihFAkxKsA3PMLrVkwwIJClWQAkeULuA8
qSfXkZhKEHZLK0QNnzcmn3O4OU2rWx0wK5MG9v0Wj2eQ60abGeXwEFzM97ty7Gpw
ShjAMhUcPo1OMWj09hBcnC0cAOjQS4IkvLZsq3z6optWSSY=
-----END CERTIFICATE-----`;

test('a device of a product with Basic Ingest may publish to the product’s rule as well, and no other device may', async () => {
  const topics = async (product: string) => {
    const { result } = await login(loginEvent(), { product });
    const [statements] = (result.policyDocuments as { Statement: { Action: string; Resource: string[] }[] }[]).map(
      ({ Statement }) => Statement,
    );

    return statements?.find(({ Action }) => Action === 'iot:Publish')?.Resource.map((arn) => arn.split(':topic/')[1]);
  };

  expect(await topics('Ingesting')).toContain('$aws/rules/p1234/p1234/out/S-001');
  expect((await topics('ParkingSensor'))?.join()).not.toContain('$aws');
});
