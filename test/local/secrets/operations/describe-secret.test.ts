import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type SecretsManager, secretsManager } from '../secrets-manager.ts';

let aws: SecretsManager;

beforeEach(async () => {
  aws = await secretsManager();
  await aws.call('CreateSecret', { Name: 'app', SecretString: 'one' });
});

afterEach(() => aws.stop());

test('a description says everything but the value', async () => {
  const description = await aws.call('DescribeSecret', { SecretId: 'app' });

  expect(description).toEqual({
    ARN: expect.stringMatching(/:secret:app-.{6}$/),
    Name: 'app',
    RotationEnabled: false,
    CreatedDate: aws.clock.now / 1000,
    LastChangedDate: aws.clock.now / 1000,
    Tags: [],
    VersionIdsToStages: { [Object.keys(description.VersionIdsToStages)[0] as string]: ['AWSCURRENT'] },
  });
});

test('an unknown secret is not found', async () => {
  expect((await aws.refused('DescribeSecret', { SecretId: 'other' })).code).toBe('ResourceNotFoundException');
});
