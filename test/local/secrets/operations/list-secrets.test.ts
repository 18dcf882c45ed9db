import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type SecretsManager, secretsManager } from '../secrets-manager.ts';

let aws: SecretsManager;

beforeEach(async () => {
  aws = await secretsManager();
  await aws.call('CreateSecret', { Name: 'app', SecretString: 'one' });
});

afterEach(() => aws.stop());

test('secrets are listed by name, page by page, without values', async () => {
  await aws.call('CreateSecret', { Name: 'b', SecretString: 'x' });
  await aws.call('CreateSecret', { Name: 'c', SecretString: 'x' });
  const names = (answer: { SecretList: { Name: string }[] }) => answer.SecretList.map(({ Name }) => Name);

  const first = await aws.call('ListSecrets', { MaxResults: 2 });
  const second = await aws.call('ListSecrets', { MaxResults: 2, NextToken: first.NextToken });

  expect([names(first), names(second)]).toEqual([['app', 'b'], ['c']]);
  expect(second.NextToken).toBeUndefined();
  expect(JSON.stringify(first)).not.toContain('one');
});
