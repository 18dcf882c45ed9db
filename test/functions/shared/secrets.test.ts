import { expect, jest, test } from '@jest/globals';
import { readSecret, readSecretText, SECRET_CACHE_MS, writeSecret } from '../../../functions/shared/secrets.ts';
import { awsEndpoint, awsError } from './aws-endpoint.ts';

const aws = awsEndpoint();

function answer(text: string): void {
  aws.reply = () => ({ body: { SecretString: text } });
}

test('a secret is read each time, unless an older value will do', async () => {
  answer('{"a":1}');
  expect(await readSecret('one')).toEqual({ a: 1 });
  answer('{"a":2}');

  expect(await readSecret('one', { maxAgeMs: SECRET_CACHE_MS })).toEqual({ a: 1 });
  expect(await readSecret('one')).toEqual({ a: 2 });
  expect(await readSecret('one', { maxAgeMs: SECRET_CACHE_MS })).toEqual({ a: 2 });
  expect(aws.requests.map(({ operation, body }) => [operation, body.SecretId])).toEqual([
    ['GetSecretValue', 'one'],
    ['GetSecretValue', 'one'],
  ]);
});

test('a value older than it may be is read again', async () => {
  const now = jest.spyOn(Date, 'now');
  try {
    answer('first');
    now.mockReturnValue(1_000_000);
    await readSecretText('two');
    answer('second');
    now.mockReturnValue(1_004_999);
    expect(await readSecretText('two', { maxAgeMs: 5000 })).toBe('first');
    now.mockReturnValue(1_005_000);
    expect(await readSecretText('two', { maxAgeMs: 5000 })).toBe('second');
  } finally {
    now.mockRestore();
  }
});

test('callers at the same time share one read', async () => {
  answer('shared');

  const options = { maxAgeMs: SECRET_CACHE_MS };
  expect(await Promise.all([readSecretText('three', options), readSecretText('three', options)])).toEqual([
    'shared',
    'shared',
  ]);
  expect(aws.requests).toHaveLength(1);
});

test('a failed read is not remembered', async () => {
  aws.reply = () => awsError('AccessDeniedException', 'not yours');
  await expect(readSecretText('four', { maxAgeMs: SECRET_CACHE_MS })).rejects.toThrow('not yours');
  answer('now');

  expect(await readSecretText('four', { maxAgeMs: SECRET_CACHE_MS })).toBe('now');
});

test('a secret without a value is undefined, one that does not exist is an error', async () => {
  aws.reply = () =>
    awsError(
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    );
  expect(await readSecret('five')).toBeUndefined();
  aws.reply = () => awsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");

  await expect(readSecret('five')).rejects.toThrow("can't find the specified secret.");
});

test.each(['random text', '7', 'null', '"text"'])('the value %j is no JSON object', async (text) => {
  answer(text);

  expect(await readSecret('six')).toBeUndefined();
});

test('a written value is JSON, and what was read before is forgotten', async () => {
  answer('{"a":1}');
  await readSecret('seven');

  await writeSecret('seven', { a: 2 });

  expect(aws.requests.at(-1)).toMatchObject({
    operation: 'PutSecretValue',
    body: { SecretId: 'seven', SecretString: '{"a":2}' },
  });
  answer('{"a":2}');
  expect(await readSecret('seven', { maxAgeMs: SECRET_CACHE_MS })).toEqual({ a: 2 });
});
