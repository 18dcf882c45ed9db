import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type SecretsManager, secretsManager } from '../secrets-manager.ts';

let aws: SecretsManager;

beforeEach(async () => {
  aws = await secretsManager();
  await aws.call('CreateSecret', { Name: 'app', SecretString: 'one' });
});

afterEach(() => aws.stop());

test('versions are listed with their stages', async () => {
  await aws.call('PutSecretValue', { SecretId: 'app', SecretString: 'two' });

  const { Versions } = await aws.call('ListSecretVersionIds', { SecretId: 'app' });
  expect(Versions).toMatchObject([{ VersionStages: ['AWSCURRENT'] }, { VersionStages: ['AWSPREVIOUS'] }]);
});
