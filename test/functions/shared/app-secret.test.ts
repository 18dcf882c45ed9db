import { createHmac } from 'node:crypto';
import { expect, jest, test } from '@jest/globals';
import { matchesAppSecret } from '../../../functions/shared/app-secret.ts';
import { awsEndpoint } from './aws-endpoint.ts';

const aws = awsEndpoint();
const TEXT = 'SDK-HMAC-SHA256\n20261120T093443Z\nhash';

function secretIs(value: unknown): void {
  aws.reply = () => ({ body: { SecretString: JSON.stringify(value) } });
}

function signedWith(secret: string): string {
  return createHmac('sha256', secret).update(TEXT).digest('hex');
}

test('a right signature needs the secret read once', async () => {
  secretIs({ secret: 'old' });

  expect(await matchesAppSecret('one', signedWith('old'), TEXT)).toBe(true);
  expect(await matchesAppSecret('one', signedWith('old'), TEXT)).toBe(true);
  expect(aws.requests).toHaveLength(1);
});

test('after the secret was changed the new one works and the old one no longer, within seconds', async () => {
  const now = jest.spyOn(Date, 'now');
  try {
    now.mockReturnValue(1_000_000);
    secretIs({ secret: 'old' });
    await matchesAppSecret('two', signedWith('old'), TEXT);
    secretIs({ secret: 'new' });
    now.mockReturnValue(1_006_000);

    expect(await matchesAppSecret('two', signedWith('new'), TEXT)).toBe(true);
    expect(await matchesAppSecret('two', signedWith('old'), TEXT)).toBe(false);
  } finally {
    now.mockRestore();
  }
});

test('wrong signatures do not make the secret read at every call', async () => {
  const now = jest.spyOn(Date, 'now').mockReturnValue(1_000_000);
  try {
    secretIs({ secret: 'old' });
    for (let i = 0; i < 10; i += 1) {
      expect(await matchesAppSecret('three', signedWith('guess'), TEXT)).toBe(false);
    }

    expect(aws.requests).toHaveLength(1);
  } finally {
    now.mockRestore();
  }
});

test.each([{}, { secret: '' }, { secret: 7 }])('a secret like %j lets nobody in', async (value) => {
  secretIs(value);

  await expect(matchesAppSecret(JSON.stringify(value), signedWith(''), TEXT)).rejects.toThrow(
    'a value without \\"secret\\"',
  );
});
