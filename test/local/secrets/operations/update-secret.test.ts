import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type SecretsManager, secretsManager } from '../secrets-manager.ts';

let aws: SecretsManager;

beforeEach(async () => {
  aws = await secretsManager();
  await aws.call('CreateSecret', { Name: 'app', SecretString: 'one' });
});

afterEach(() => aws.stop());

test('description and value are changed together or alone', async () => {
  expect((await aws.call('UpdateSecret', { SecretId: 'app', Description: 'mine' })).VersionId).toBeUndefined();
  expect((await aws.call('UpdateSecret', { SecretId: 'app', SecretString: 'two' })).VersionId).toBeDefined();

  expect((await aws.call('DescribeSecret', { SecretId: 'app' })).Description).toBe('mine');
  expect((await aws.call('GetSecretValue', { SecretId: 'app' })).SecretString).toBe('two');
});
