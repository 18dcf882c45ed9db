import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type SecretsManager, secretsManager } from '../secrets-manager.ts';

let aws: SecretsManager;

beforeEach(async () => {
  aws = await secretsManager();
  await aws.call('CreateSecret', { Name: 'app', SecretString: 'one' });
});

afterEach(() => aws.stop());

const DAY = 86_400;

test('a deleted secret waits out its recovery window, unreadable', async () => {
  const { DeletionDate } = await aws.call('DeleteSecret', { SecretId: 'app', RecoveryWindowInDays: 7 });

  expect(DeletionDate).toBe(aws.clock.now / 1000 + 7 * DAY);
  expect((await aws.refused('GetSecretValue', { SecretId: 'app' })).code).toBe('InvalidRequestException');
  expect((await aws.refused('CreateSecret', { Name: 'app' })).code).toBe('ResourceExistsException');
  expect((await aws.call('ListSecrets')).SecretList).toEqual([]);

  aws.clock.now += 7 * DAY * 1000;
  expect((await aws.refused('GetSecretValue', { SecretId: 'app' })).code).toBe('ResourceNotFoundException');
  await aws.call('CreateSecret', { Name: 'app' });
});

test('without recovery it is gone at once', async () => {
  await aws.call('DeleteSecret', { SecretId: 'app', ForceDeleteWithoutRecovery: true });

  expect((await aws.refused('DescribeSecret', { SecretId: 'app' })).code).toBe('ResourceNotFoundException');
});

test('a window and no window contradict each other', async () => {
  const input = { SecretId: 'app', ForceDeleteWithoutRecovery: true, RecoveryWindowInDays: 7 };

  expect((await aws.refused('DeleteSecret', input)).code).toBe('InvalidParameterException');
});
