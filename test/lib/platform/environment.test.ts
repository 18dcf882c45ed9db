import { expect, test } from '@jest/globals';
import { Duration, Lazy, RemovalPolicy } from 'aws-cdk-lib';
import { InvalidSetting } from '../../../core/errors.ts';
import { Environment, type EnvironmentSettings } from '../../../lib/platform/environment.ts';

test('without settings nothing is thrown away', () => {
  const environment = Environment.of();

  expect(environment).toMatchObject({ name: 'production', prefix: '', removal: 'keep', callsPerAddress: 30_000 });
  expect(environment.backup.toDays()).toBe(7);
  expect(environment.dataRemoval).toBe(RemovalPolicy.RETAIN);
  expect(environment.deletionProtection).toBe(true);
});

test('an environment to be thrown away keeps nothing', () => {
  const environment = Environment.of({ removal: 'destroy' });

  expect(environment.dataRemoval).toBe(RemovalPolicy.DESTROY);
  expect(environment.deletionProtection).toBe(false);
});

test('an environment does not change once it is made', () => {
  const environment = Environment.of({ tags: { owner: 'city' } });

  expect(Object.isFrozen(environment)).toBe(true);
  expect(Object.isFrozen(environment.tags)).toBe(true);
  expect(environment.tags).toEqual({ 'causeway:environment': 'production', owner: 'city' });
});

test.each<[keyof EnvironmentSettings, EnvironmentSettings]>([
  ['name', { name: '' }],
  ['name', { name: 'with/slash' }],
  ['prefix', { prefix: '1st-' }],
  ['removal', { removal: 'perhaps' as 'keep' }],
  ['backup', { backup: Duration.days(6) }],
  ['backup', { backup: Duration.days(36) }],
  ['databaseCapacity', { databaseCapacity: { min: 0.3, max: 4 } }],
  ['databaseCapacity', { databaseCapacity: { min: 4, max: 2 } }],
  ['databaseCapacity', { databaseCapacity: { min: 0, max: 257 } }],
  ['callsPerAddress', { callsPerAddress: 9 }],
  ['alarmTopicArn', { alarmTopicArn: 'alarms' }],
])('%s is refused by name: %j', (setting, settings) => {
  expect(() => Environment.of(settings)).toThrow(InvalidSetting);
  expect(() => Environment.of(settings)).toThrow(`Environment: ${setting}: received`);
});

test('a setting that is not known is refused with those that are', () => {
  expect(() => Environment.of({ retention: 7 } as EnvironmentSettings)).toThrow(
    /Environment: retention: received 7; allowed: name, prefix/,
  );
});

test('a topic for alarms may be known only at deployment', () => {
  const alarmTopicArn = Lazy.string({ produce: () => 'later' });

  expect(Environment.of({ alarmTopicArn }).alarmTopicArn).toBe(alarmTopicArn);
});
