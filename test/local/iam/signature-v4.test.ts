import { Sha256 } from '@aws-crypto/sha256-js';
import { expect, test } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { readSignatureV4, type SignedRequest, verifySignatureV4 } from '../../../local/iam/signature-v4.ts';

const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const SCOPE = { service: 'execute-api', region: 'us-east-1', now: Date.parse('2026-11-24T12:00:00Z') };
const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((one) => one.isWellFormed());
const level = text.filter((one) => one !== '' && one !== '.' && one !== '..');
const name = fc.stringMatching(/^x-[a-y]{1,8}$/);
const value = fc.stringMatching(/^[\x21-\x7e]( ?[\x21-\x7e]){0,12}$/);

const drafts = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
  levels: fc.array(level, { minLength: 1, maxLength: 4 }),
  query: fc.dictionary(
    text.filter((one) => one !== '__proto__'),
    fc.oneof(text, fc.array(text, { minLength: 2, maxLength: 3 })),
    {
      maxKeys: 4,
    },
  ),
  headers: fc.dictionary(name, value, { maxKeys: 3 }),
  body: text,
});
type Draft = typeof drafts extends fc.Arbitrary<infer T> ? T : never;

/** Signed by the SDK of AWS, and as it then arrives. */
async function sent({ method, levels, query, headers, body }: Draft): Promise<SignedRequest> {
  const path = `/${levels.map(encodeURIComponent).join('/')}`;
  const signer = new SignatureV4({ ...SCOPE, credentials: KEY, sha256: Sha256 });
  const signed = await signer.sign(
    { method, protocol: 'https:', hostname: 'api', path, query, body, headers: { ...headers, host: 'api' } },
    { signingDate: new Date(SCOPE.now) },
  );
  const pairs = Object.entries(query).flatMap(([key, values]) => [values].flat().map((one) => [key, one] as const));

  return {
    ...{ method, path, body: Buffer.from(body), headers: Object.entries(signed.headers) },
    query: pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&'),
  };
}

function verify(request: SignedRequest): void {
  verifySignatureV4(request, readSignatureV4(request.headers), KEY, SCOPE);
}

test('what the SDK of AWS signs holds, whatever it is', async () => {
  await fc.assert(
    fc.asyncProperty(drafts, async (draft) => {
      const request = await sent(draft);

      expect(() => verify(request)).not.toThrow();
    }),
    { numRuns: 300 },
  );
});

type Change = (request: SignedRequest, at: number) => SignedRequest;

const CHANGES: Readonly<Record<string, Change>> = {
  method: (request) => ({ ...request, method: request.method === 'GET' ? 'POST' : 'GET' }),
  path: (request, at) => ({ ...request, path: changed(request.path, at, 'x', 'y') }),
  query: (request) => ({ ...request, query: `${request.query}&more=1` }),
  body: (request, at) => ({ ...request, body: Buffer.from(changed(request.body.toString(), at, '1', '2')) }),
  header: (request, at) => ({ ...request, headers: withHeader(request.headers, at) }),
};

test.each(Object.entries(CHANGES))('nothing about the %s can be changed afterwards', async (_, change) => {
  await fc.assert(
    fc.asyncProperty(drafts, fc.nat(), async (draft, at) => {
      const request = await sent(draft);

      expect(() => verify(change(request, at))).toThrow('does not match the signature you provided');
    }),
    { numRuns: 100 },
  );
});

/** One character put in, somewhere behind the first. */
function changed(whole: string, at: number, sign: string, other: string): string {
  const place = 1 + (at % Math.max(whole.length, 1));
  // Not into the middle of an encoded character.
  const free = whole.slice(0, place).replace(/%[0-9A-F]?$/, '').length;

  return `${whole.slice(0, free)}${whole[free] === sign ? other : sign}${whole.slice(free)}`;
}

function withHeader(headers: SignedRequest['headers'], at: number): SignedRequest['headers'] {
  const own = headers.filter(([key]) => key.startsWith('x-') && !key.startsWith('x-amz-'));
  const [key = 'host'] = own[at % Math.max(own.length, 1)] ?? [];

  return headers.map(([one, content]) => (one === key ? [one, `${content}1`] : [one, content]));
}

test('only S3 takes bodies that their signature leaves out', async () => {
  const unsigned = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
  const request = await sent({ method: 'POST', levels: ['a'], query: {}, headers: unsigned, body: 'b' });

  expect(() => verify(request)).toThrow('does not match the signature you provided');
});

test('a signature in other letters or of another length holds nothing', async () => {
  const request = await sent({ method: 'GET', levels: ['a'], query: {}, headers: {}, body: '' });
  const edited = (edit: (authorization: string) => string) => ({
    ...request,
    headers: request.headers.map(([key, content]) =>
      key === 'authorization' ? ([key, edit(content)] as const) : ([key, content] as const),
    ),
  });

  expect(() => verify(edited((text) => text))).not.toThrow();
  for (const edit of [
    (one: string) => one.slice(0, -2),
    (one: string) => `${one}00`,
    (one: string) => one.replace(/Signature=..../, 'Signature=zzzz'),
    (one: string) => one.replace(/Signature=.*/, 'Signature=00'),
  ]) {
    expect(() => verify(edited(edit))).toThrow('does not match the signature you provided');
  }
});
