import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type SecretsManager, secretsManager } from '../secrets-manager.ts';

let aws: SecretsManager;

beforeEach(async () => {
  aws = await secretsManager();
  await aws.call('CreateSecret', { Name: 'app', SecretString: 'one' });
});

afterEach(() => aws.stop());

test('a password follows the options', async () => {
  const { RandomPassword } = await aws.call('GetRandomPassword', { PasswordLength: 40, ExcludePunctuation: true });

  expect(RandomPassword).toMatch(/^[A-Za-z0-9]{40}$/);
});

test('a password of no characters is refused', async () => {
  expect((await aws.refused('GetRandomPassword', { PasswordLength: 0 })).code).toBe('ValidationException');
});
