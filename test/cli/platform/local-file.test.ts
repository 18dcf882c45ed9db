import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findLocalFile, type LocalFile, readLocalFile, writeLocalFile } from '../../../cli/platform/local-file.ts';

let state: string;

const FILE: LocalFile = {
  ready: true,
  pid: 1,
  mqtt: { url: 'mqtt://127.0.0.1:1883' },
  mqtts: { url: 'mqtts://127.0.0.1:8883', ca: '/ca.pem' },
  apis: {},
  management: { url: 'http://127.0.0.1:8081', token: 't' },
  aws: {
    endpoint: 'http://127.0.0.1:8082',
    region: 'us-east-1',
    accessKeyId: 'AKIALOCAL',
    secretAccessKey: 'of-local',
  },
  console: { url: 'http://127.0.0.1:8090' },
  apps: {},
  devices: [],
};

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'causeway-cli-'));
});

afterEach(() => rmSync(state, { recursive: true, force: true }));

test('it is readable by its owner alone, also when it replaces one that was not, and nothing is left beside it', () => {
  writeFileSync(join(state, 'local.json'), '{}', { mode: 0o644 });
  const path = writeLocalFile(state, FILE);

  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(FILE);
  expect(readdirSync(state)).toEqual(['local.json']);
});

test('a folder without the file has no platform', () => {
  expect(findLocalFile(state)).toBeUndefined();
  expect(() => readLocalFile(state)).toThrow('There is no platform');
});

test('a stopped platform can be found and not be used', () => {
  writeLocalFile(state, { ...FILE, ready: false });

  expect(findLocalFile(state)).toMatchObject({ ready: false });
  expect(() => readLocalFile(state)).toThrow('is stopped');
});

test('a damaged file says what to do', () => {
  writeFileSync(join(state, 'local.json'), '{"ready":');

  expect(() => readLocalFile(state)).toThrow('start the platform again');
});
