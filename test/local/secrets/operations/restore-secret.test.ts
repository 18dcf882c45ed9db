import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type SecretsManager, secretsManager } from '../secrets-manager.ts';

let aws: SecretsManager;

beforeEach(async () => {
  aws = await secretsManager();
  await aws.call('CreateSecret', { Name: 'app', SecretString: 'one' });
});

afterEach(() => aws.stop());

test('a secret that waits for its deletion can be restored', async () => {
  await aws.call('DeleteSecret', { SecretId: 'app' });
  await aws.call('RestoreSecret', { SecretId: 'app' });
  await aws.restart();

  expect((await aws.call('GetSecretValue', { SecretId: 'app' })).SecretString).toBe('one');
});

test('an unknown secret cannot be restored', async () => {
  expect((await aws.refused('RestoreSecret', { SecretId: 'other' })).code).toBe('ResourceNotFoundException');
});
