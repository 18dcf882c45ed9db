import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type SecretsManager, secretsManager } from '../secrets-manager.ts';

let aws: SecretsManager;

beforeEach(async () => {
  aws = await secretsManager();
  await aws.call('CreateSecret', { Name: 'app', SecretString: 'one' });
});

afterEach(() => aws.stop());

test('a secret is created with its value, description and tags', async () => {
  const created = await aws.call('CreateSecret', {
    Name: 'db/api',
    SecretString: '{}',
    Description: 'the API user',
    Tags: [{ Key: 'team', Value: 'parking' }],
  });

  expect(created).toEqual({
    ARN: expect.stringMatching(/:secret:db\/api-.{6}$/),
    Name: 'db/api',
    VersionId: expect.any(String),
  });
  expect(await aws.call('DescribeSecret', { SecretId: 'db/api' })).toMatchObject({
    Description: 'the API user',
    Tags: [{ Key: 'team', Value: 'parking' }],
  });
});

test('a secret may begin without a value', async () => {
  expect((await aws.call('CreateSecret', { Name: 'later' })).VersionId).toBeUndefined();
  expect((await aws.refused('GetSecretValue', { SecretId: 'later' })).code).toBe('ResourceNotFoundException');
});

test('a name is taken once', async () => {
  expect(await aws.refused('CreateSecret', { Name: 'app' })).toEqual({
    code: 'ResourceExistsException',
    message: 'The operation failed because the secret app already exists.',
  });
});

test('a name with a space is refused', async () => {
  expect((await aws.refused('CreateSecret', { Name: 'a b' })).code).toBe('ValidationException');
});
