import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { generate } from 'selfsigned';
import type { Machine } from '../../../cli/doctor/machine.ts';
import { type LocalPlace, machineChecks } from '../../../cli/doctor/machine-checks.ts';
import { type LocalFile, writeLocalFile } from '../../../cli/platform/local-file.ts';
import { platformPorts } from '../../../cli/start/ports.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const DAY_MS = 86_400_000;
let state: string;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'causeway-doctor-'));
});

afterEach(() => rmSync(state, { recursive: true, force: true }));

const SOUND: Machine = {
  node: '24.21.0',
  isRoot: false,
  memoryBytes: 8e9,
  find: (program) => `/usr/sbin/${program}`,
  output: async (program) => (program === 'npm' ? '11.0.0' : 'mariadbd  Ver 10.11.19-MariaDB-0 for debian'),
  portIsFree: async () => true,
  freeBytes: async () => 50e9,
  mayWrite: () => true,
  read: () => undefined,
  now: () => NOW,
};

async function check(name: string, machine: Partial<Machine> = {}, place: Partial<LocalPlace> = {}) {
  const checks = await machineChecks(
    { ...SOUND, ...machine },
    { state, ports: platformPorts(), running: false, ...place },
  );

  return checks.find((one) => one.name === name);
}

test('a sound machine passes every check', async () => {
  const checks = await machineChecks(SOUND, { state, ports: platformPorts(), running: false });

  expect(checks.map(({ name }) => name)).toEqual([
    'Node.js',
    'npm',
    'MariaDB',
    'ports',
    'state folder',
    'disk',
    'memory',
  ]);
  expect(checks.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
});

test.each<[string, Partial<Machine>, string, RegExp]>([
  ['Node.js', { node: '22.20.0' }, 'warning', /Node 24/],
  [
    'npm',
    { output: async (program) => (program === 'npm' ? undefined : 'Ver 10.11.1-MariaDB') },
    'warning',
    /install it/,
  ],
  ['MariaDB', { find: () => undefined }, 'failed', /apt-get install -y .*mariadb-server-core/],
  [
    'MariaDB',
    { find: (program) => (program === 'apt-get' ? '/usr/bin/apt-get' : undefined), isRoot: true },
    'warning',
    /first start installs it/,
  ],
  ['MariaDB', { output: async () => 'mariadbd Ver 10.5.3-MariaDB' }, 'failed', /10.11 or later/],
  ['ports', { portIsFree: async (port) => port !== 1883 }, 'failed', /--port-base/],
  ['state folder', { mayWrite: () => false }, 'failed', /--state/],
  ['disk', { freeBytes: async () => 5e8 }, 'failed', /make room/],
  ['disk', { freeBytes: async () => 2e9 }, 'warning', /watch it/],
  ['memory', { memoryBytes: 1e9 }, 'warning', /slow/],
])('%s is found wanting: %j', async (name, machine, outcome, advice) => {
  expect(await check(name, machine)).toMatchObject({ outcome, advice: expect.stringMatching(advice) });
});

test('a taken port is named with what it is for, and a running platform has its own', async () => {
  const machine = { portIsFree: async (port: number) => port !== 8080 };

  expect(await check('ports', machine)).toMatchObject({ found: 'taken: 8080 (APIs)' });
  expect(await check('ports', machine, { running: true })).toMatchObject({ outcome: 'ok' });
});

test('the certificate that devices trust is looked at where there is one', async () => {
  const ca = join(state, 'ca.pem');
  writeLocalFile(state, { ready: true, mqtts: { url: '', ca } } as LocalFile);
  const lasting = async (days: number) => {
    const { cert } = await generate([{ name: 'commonName', value: 'test' }], {
      ...{ keyType: 'ec', curve: 'P-256' },
      notAfterDate: new Date(NOW + days * DAY_MS),
    });

    return check('certificate', { read: (file) => (file === ca ? cert : undefined) });
  };

  expect(await lasting(400)).toMatchObject({ outcome: 'ok' });
  expect(await lasting(10)).toMatchObject({ outcome: 'warning', found: expect.stringMatching(/^(9|10) days left$/) });
  expect(await check('certificate', { read: () => 'no certificate' })).toMatchObject({ outcome: 'failed' });
});
