import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type SecretsManager, secretsManager } from '../secrets-manager.ts';

let aws: SecretsManager;

beforeEach(async () => {
  aws = await secretsManager();
  await aws.call('CreateSecret', { Name: 'app', SecretString: 'one' });
});

afterEach(() => aws.stop());

test('the current value is read, or that of a stage or a version', async () => {
  const { VersionId } = await aws.call('PutSecretValue', { SecretId: 'app', SecretString: 'two' });
  const value = async (input: object) => (await aws.call('GetSecretValue', { SecretId: 'app', ...input })).SecretString;

  expect(await value({})).toBe('two');
  expect(await value({ VersionStage: 'AWSPREVIOUS' })).toBe('one');
  expect(await value({ VersionId })).toBe('two');
  expect(await value({ VersionId, VersionStage: 'AWSCURRENT' })).toBe('two');
});

test('an answer says which version it is', async () => {
  expect(await aws.call('GetSecretValue', { SecretId: 'app' })).toEqual({
    ARN: expect.stringMatching(/:secret:app-.{6}$/),
    Name: 'app',
    VersionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    SecretString: 'one',
    VersionStages: ['AWSCURRENT'],
    CreatedDate: aws.clock.now / 1000,
  });
});

test.each([
  [{ SecretId: 'other' }, "Secrets Manager can't find the specified secret."],
  [{ SecretId: 'app', VersionStage: 'AWSPENDING' }, 'for staging label: AWSPENDING'],
  [{ SecretId: 'app', VersionId: 'x'.repeat(36) }, 'for VersionId: xxx'],
])('%j is not found', async (input, message) => {
  const refusal = await aws.refused('GetSecretValue', input);

  expect(refusal.code).toBe('ResourceNotFoundException');
  expect(refusal.message).toContain(message);
});

test('the permission is asked for the whole ARN, however the secret is named', async () => {
  const { ARN } = await aws.call('DescribeSecret', { SecretId: 'app' });
  const need = [{ action: 'secretsmanager:GetSecretValue', resource: ARN }];

  for (const SecretId of ['app', ARN, ARN.slice(0, -7)])
    expect(aws.needs('GetSecretValue', { SecretId })).toEqual(need);
  expect(aws.needs('GetSecretValue', { SecretId: 'other' })).toEqual([
    {
      action: 'secretsmanager:GetSecretValue',
      resource: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:other-??????',
    },
  ]);
});
