import { createRequire } from 'node:module';
import { Sha256 } from '@aws-crypto/sha256-js';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { signRequest } from '../../../functions/shared/sign-request.ts';

const { SignatureV4 } = createRequire(import.meta.url)('@smithy/signature-v4') as typeof import('@smithy/signature-v4');

const NOW = new Date('2026-11-24T08:09:10.123Z');
const word = fc.stringMatching(/^[A-Za-z0-9._~-]{1,12}$/);
/** The signer of the SDK loses a parameter of the name that objects have already. */
const parameter = word.filter((name) => name !== '__proto__');

test('every request is signed as the signer of the SDK signs it', async () => {
  const request = fc.record({
    method: fc.constantFrom('GET' as const, 'POST' as const),
    host: fc.constantFrom('bucket.s3.eu-west-1.amazonaws.com', '127.0.0.1:8082'),
    path: fc.array(word, { maxLength: 3 }),
    query: fc.dictionary(parameter, word, { maxKeys: 4 }),
    headers: fc.dictionary(fc.constantFrom('content-type', 'x-amz-target', 'range'), word),
    body: fc.string({ unit: 'grapheme' }),
    sessionToken: fc.option(word, { nil: undefined }),
    service: fc.constantFrom('s3', 'dynamodb'),
  });

  await fc.assert(
    fc.asyncProperty(request, async ({ method, host, path, query, headers, body, sessionToken, service }) => {
      const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', ...(sessionToken && { sessionToken }) };
      const search = Object.keys(query)
        .sort()
        .map((name) => `${name}=${query[name]}`)
        .join('&');
      const url = new URL(
        `http://${host}/${path.filter((one) => !/^\.+$/.test(one)).join('/')}${search && `?${search}`}`,
      );
      const sdk = new SignatureV4({ service, region: 'eu-west-1', credentials, sha256: Sha256, uriEscapePath: false });
      const own = signRequest({ method, url, headers, body }, { service, region: 'eu-west-1', credentials, now: NOW });

      const signed = await sdk.sign(
        {
          method,
          protocol: 'http:',
          hostname: url.hostname,
          path: url.pathname,
          query,
          headers: { ...headers, host: url.host },
          body,
        },
        { signingDate: NOW },
      );
      expect(own['authorization']).toBe(signed.headers['authorization']);
    }),
  );
});
