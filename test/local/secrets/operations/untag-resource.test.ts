import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type SecretsManager, secretsManager } from '../secrets-manager.ts';

let aws: SecretsManager;

beforeEach(async () => {
  aws = await secretsManager();
  await aws.call('CreateSecret', { Name: 'app', SecretString: 'one' });
});

afterEach(() => aws.stop());

test('the named tags go', async () => {
  await aws.call('TagResource', {
    SecretId: 'app',
    Tags: [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2' },
    ],
  });
  await aws.call('UntagResource', { SecretId: 'app', TagKeys: ['a'] });

  expect((await aws.call('DescribeSecret', { SecretId: 'app' })).Tags).toEqual([{ Key: 'b', Value: '2' }]);
});
