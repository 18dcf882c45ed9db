import { afterEach, expect, test } from '@jest/globals';
import { environment } from '../../../functions/shared/environment.ts';

afterEach(() => {
  delete process.env['DEVICE_TABLE'];
  delete process.env['CAUSEWAY_ENVIRONMENT'];
});

test('a variable that is set is its value', () => {
  process.env['DEVICE_TABLE'] = 'devices';

  expect(environment('DEVICE_TABLE')).toBe('devices');
});

test('a variable that is missing or empty is refused by name', () => {
  expect(() => environment('DEVICE_TABLE')).toThrow('environment variable DEVICE_TABLE');
  process.env['DEVICE_TABLE'] = '';
  expect(() => environment('DEVICE_TABLE')).toThrow('environment variable DEVICE_TABLE');
});

test('only the environment without a name may be empty', () => {
  process.env['CAUSEWAY_ENVIRONMENT'] = '';

  expect(environment('CAUSEWAY_ENVIRONMENT')).toBe('');
  delete process.env['CAUSEWAY_ENVIRONMENT'];
  expect(() => environment('CAUSEWAY_ENVIRONMENT')).toThrow('environment variable CAUSEWAY_ENVIRONMENT');
});
