import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { devices } from '../../bench/devices/index.ts';
import { processorSeconds, residentMb } from '../../bench/devices/processes.ts';

const REPORT = {
  devices: 2000,
  registrationSeconds: 50,
  loginSeconds: 41.5,
  loginsPerSecond: 48,
  loginP50Seconds: 20,
  loginP95Seconds: 39,
  failedAttempts: 0,
  processorMsPerLogin: 38,
  onlineSeconds: 44,
  idleMb: 300,
  connectedMb: 400,
  kbPerConnection: 51,
};

test('the table shows every number of the report', () => {
  const table = devices.table(REPORT);

  for (const value of Object.values(REPORT)) {
    expect(table).toMatch(new RegExp(` ${String(value).replace('.', '\\.')} `));
  }
});

test('more than a minute, or a device that was refused, is a fault', () => {
  expect(devices.fault?.(REPORT)).toBeUndefined();
  expect(devices.fault?.({ ...REPORT, loginSeconds: 60.1 })).toContain('60.1 s');
  expect(devices.fault?.({ ...REPORT, failedAttempts: 3 })).toContain('3 failed attempts');
});

test('the processor time of a process counts the children that have ended', () => {
  const before = processorSeconds(process.pid);

  spawnSync(process.execPath, ['-e', 'for (let end = Date.now() + 60, i = 0; Date.now() < end || i < 3e7; i += 1);']);

  expect(processorSeconds(process.pid)).toBeGreaterThan(before + 0.02);
  expect(residentMb(process.pid)).toBeGreaterThan(20);
});
