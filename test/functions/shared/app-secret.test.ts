import { createHmac } from 'node:crypto';
import { expect, jest, test } from '@jest/globals';
import { signatureMatches } from '../../../core/apic/signature.ts';
import { knowsAppSecret } from '../../../functions/shared/app-secret.ts';
import { awsEndpoint } from './aws-endpoint.ts';

const aws = awsEndpoint();
const TEXT = 'SDK-HMAC-SHA256\n20261120T093443Z\nhash';

function secretIs(value: unknown): void {
  aws.reply = () => ({ body: { SecretString: JSON.stringify(value) } });
}

function signedWith(secret: string): string {
  return createHmac('sha256', secret).update(TEXT).digest('hex');
}

function matches(arn: string, signature: string, revision?: number): Promise<boolean> {
  const app = { app: 'City', secretArn: arn, enabled: true, ...(revision !== undefined && { revision }) };

  return knowsAppSecret(app, (secret) => signatureMatches(signature, [TEXT], secret));
}

test('a right signature needs the secret read once', async () => {
  secretIs({ secret: 'old' });

  expect(await matches('one', signedWith('old'))).toBe(true);
  expect(await matches('one', signedWith('old'))).toBe(true);
  expect(aws.requests).toHaveLength(1);
});

test('after the secret was changed the new one works and the old one no longer, within seconds', async () => {
  const now = jest.spyOn(Date, 'now');
  try {
    now.mockReturnValue(1_000_000);
    secretIs({ secret: 'old' });
    await matches('two', signedWith('old'));
    secretIs({ secret: 'new' });
    now.mockReturnValue(1_006_000);

    expect(await matches('two', signedWith('new'))).toBe(true);
    expect(await matches('two', signedWith('old'))).toBe(false);
  } finally {
    now.mockRestore();
  }
});

test('wrong signatures do not make the secret read at every call', async () => {
  const now = jest.spyOn(Date, 'now').mockReturnValue(1_000_000);
  try {
    secretIs({ secret: 'old' });
    for (let i = 0; i < 10; i += 1) {
      expect(await matches('three', signedWith('guess'))).toBe(false);
    }

    expect(aws.requests).toHaveLength(1);
  } finally {
    now.mockRestore();
  }
});

test.each([{}, { secret: '' }, { secret: 7 }])('a secret like %j lets nobody in', async (value) => {
  secretIs(value);

  await expect(matches(JSON.stringify(value), signedWith(''))).rejects.toThrow('a value without \\"secret\\"');
});

test('either of two secrets will do', async () => {
  secretIs({ secret: 'first', nextSecret: 'second' });

  expect(await matches('four', signedWith('first'))).toBe(true);
  expect(await matches('four', signedWith('second'))).toBe(true);
  expect(await matches('four', signedWith('third'))).toBe(false);
});

test('a secret that was removed does not count from the next revision on, though it was read a moment ago', async () => {
  const now = jest.spyOn(Date, 'now').mockReturnValue(1_000_000);
  try {
    secretIs({ secret: 'old', nextSecret: 'new', revision: 1 });
    expect(await matches('five', signedWith('old'), 1)).toBe(true);
    secretIs({ secret: 'new', revision: 2 });

    expect(await matches('five', signedWith('old'), 2)).toBe(false);
    expect(await matches('five', signedWith('new'), 2)).toBe(true);
    expect(aws.requests).toHaveLength(2);
  } finally {
    now.mockRestore();
  }
});

test('a value that is older than its revision is read at every call: Secrets Manager may show it for a moment', async () => {
  secretIs({ secret: 'old', revision: 1 });
  await matches('six', signedWith('old'), 2);
  secretIs({ secret: 'new', revision: 2 });

  expect(await matches('six', signedWith('old'), 2)).toBe(false);
});

test('what was read under another revision counts no longer, whichever is the greater', async () => {
  secretIs({ secret: 'lost', revision: 9 });
  expect(await matches('seven', signedWith('lost'), 9)).toBe(true);
  secretIs({ secret: 'kept', revision: 5 });

  expect(await matches('seven', signedWith('lost'), 5)).toBe(false);
  expect(await matches('seven', signedWith('kept'), 5)).toBe(true);
  expect(aws.requests).toHaveLength(2);
});
