import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type SecretsManager, secretsManager } from '../secrets-manager.ts';

let aws: SecretsManager;

beforeEach(async () => {
  aws = await secretsManager();
  await aws.call('CreateSecret', { Name: 'app', SecretString: 'one' });
});

afterEach(() => aws.stop());

const stages = async () => (await aws.call('DescribeSecret', { SecretId: 'app' })).VersionIdsToStages;
const token = (letter: string) => letter.repeat(36);

test('the new version is current, the one before is previous, older ones go', async () => {
  await aws.call('PutSecretValue', { SecretId: 'app', SecretString: 'two', ClientRequestToken: token('b') });
  await aws.call('PutSecretValue', { SecretId: 'app', SecretString: 'three', ClientRequestToken: token('c') });

  expect(await stages()).toEqual({ [token('c')]: ['AWSCURRENT'], [token('b')]: ['AWSPREVIOUS'] });
});

test('a version of another stage leaves the current one alone', async () => {
  await aws.call('PutSecretValue', { SecretId: 'app', SecretString: 'next', VersionStages: ['AWSPENDING'] });

  expect(Object.values(await stages())).toEqual([['AWSPENDING'], ['AWSCURRENT']]);
  expect((await aws.call('GetSecretValue', { SecretId: 'app' })).SecretString).toBe('one');
});

test('the same token with the same text is the same version; with another it is refused', async () => {
  const put = (SecretString: string) =>
    aws.refused('PutSecretValue', { SecretId: 'app', SecretString, ClientRequestToken: token('b') });
  await put('two');

  expect((await put('two')).code).toBe('none');
  expect((await put('three')).code).toBe('ResourceExistsException');
  expect((await aws.call('ListSecretVersionIds', { SecretId: 'app' })).Versions).toHaveLength(2);
});

test('bytes are kept as bytes', async () => {
  await aws.call('PutSecretValue', { SecretId: 'app', SecretBinary: 'AAEC' });
  await aws.restart();

  const answer = await aws.call('GetSecretValue', { SecretId: 'app' });
  expect(answer.SecretBinary).toBe('AAEC');
  expect(answer.SecretString).toBeUndefined();
});

test.each([
  [{ SecretId: 'app' }, 'InvalidRequestException'],
  [{ SecretId: 'app', SecretString: 'x', SecretBinary: 'AAEC' }, 'InvalidParameterException'],
  [{ SecretId: 'app', SecretString: 'x'.repeat(65_537) }, 'ValidationException'],
  [{ SecretId: 'app', SecretString: 'x', ClientRequestToken: 'short' }, 'ValidationException'],
  [{ SecretId: 'other', SecretString: 'x' }, 'ResourceNotFoundException'],
  [{ SecretString: 'x' }, 'ValidationException'],
])('case %# is refused with %s', async (input, code) => {
  expect((await aws.refused('PutSecretValue', input)).code).toBe(code);
});
