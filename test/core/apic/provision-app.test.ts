import { expect, test } from '@jest/globals';
import type { AppCredentials } from '../../../core/apic/app-credentials.ts';
import { sha256Hex } from '../../../core/apic/canonical-request.ts';
import { type AppRecord, type ProvisionAppPorts, provisionApp, removeApp } from '../../../core/apic/provision-app.ts';

/** A secret and the two kinds of items. */
function world(secret?: object) {
  const state = {
    secret,
    written: 0,
    apps: new Map<string, AppRecord>(),
    codes: new Map<string, { app: string; key: string }>(),
  };
  const ports: ProvisionAppPorts = {
    readSecret: async () => state.secret,
    writeSecret: async (credentials) => {
      state.secret = credentials;
      state.written += 1;
    },
    findApp: async (key) => state.apps.get(key),
    putApp: async (app) => void state.apps.set(app.key, app),
    removeApp: async (key) => void state.apps.delete(key),
    putCode: async (code, app) => void state.codes.set(code, app),
    removeCode: async (code) => void state.codes.delete(code),
  };

  return { state, ports };
}

const provision = (ports: ProvisionAppPorts) => provisionApp(ports, 'City', 'arn:secret');

test('a new app gets credentials, into its secret, and is entered by key and by code', async () => {
  const { state, ports } = world();

  const key = await provision(ports);

  const { secret, appCodes } = state.secret as AppCredentials;
  const codes = appCodes.map((code) => sha256Hex(code));
  expect([...state.apps.values()]).toEqual([{ app: 'City', key, secretArn: 'arn:secret', enabled: true, codes }]);
  expect([...state.codes]).toEqual([[codes[0], { app: 'City', key }]]);
  expect(JSON.stringify([...state.apps.values(), ...state.codes])).not.toContain(secret);
  expect(JSON.stringify([...state.apps.values(), ...state.codes])).not.toContain(appCodes[0]);
});

test('done again, nothing changes', async () => {
  const { state, ports } = world();
  await provision(ports);
  const before = structuredClone(state);

  await provision(ports);

  expect(state).toEqual(before);
  expect(state.written).toBe(1);
});

test('interrupted after the secret was written, the next attempt completes it with the same credentials', async () => {
  const { state, ports } = world();
  const broken = { ...ports, putApp: async () => Promise.reject(new TypeError('killed')) };

  await expect(provision(broken)).rejects.toThrow('killed');
  const { key } = state.secret as AppCredentials;

  expect(await provision(ports)).toBe(key);
  expect(state.written).toBe(1);
});

test('of two deliveries at once the one whose secret stayed is the app', async () => {
  const { state, ports } = world();
  const winner = { key: 'winnerwinnerwinner00', secret: 's', appCodes: ['C'.repeat(40)] };
  const racing = { ...ports, writeSecret: async () => ports.writeSecret(winner) };

  expect(await provision(racing)).toBe(winner.key);
  expect([...state.apps.keys()]).toEqual([winner.key]);
});

test('a disabled app stays disabled', async () => {
  const { state, ports } = world();
  const key = await provision(ports);
  state.apps.set(key, { ...(state.apps.get(key) as AppRecord), enabled: false });

  await provision(ports);

  expect(state.apps.get(key)?.enabled).toBe(false);
});

test('codes follow the secret: a new one is entered, one that is gone is removed', async () => {
  const { state, ports } = world({ key: 'k', secret: 's', appCodes: ['First', 'Second'] });
  await provision(ports);
  state.secret = { key: 'k', secret: 's', appCodes: ['Second', 'Third'] };

  await provision(ports);

  expect([...state.codes.keys()].sort()).toEqual([sha256Hex('Second'), sha256Hex('Third')].sort());
});

test('a removed app leaves nothing, without its secret, and may be removed twice', async () => {
  const { state, ports } = world();
  const key = await provision(ports);

  await removeApp(ports, key);
  await removeApp(ports, key);

  expect([...state.apps, ...state.codes]).toEqual([]);
});

test('a deployment keeps both secrets of an app that is changing over, and their revision', async () => {
  const secret = { key: 'K', secret: 'old', nextSecret: 'new', revision: 3, appCodes: [] };
  const { state, ports } = world(secret);

  await provision(ports);

  expect(state.secret).toEqual(secret);
  expect(state.apps.get('K')).toMatchObject({ revision: 3 });
});
