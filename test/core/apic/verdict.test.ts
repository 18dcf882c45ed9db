import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readVerdict, type Verdict, verdictContext } from '../../../core/apic/verdict.ts';
import { Refusal } from '../../../core/errors.ts';

const JUDGED = { requestId: '56b2c6ae4a49f44b88670201eade9e05', api: 'free', app: 'City' };
const HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

test.each([
  { ...JUDGED, verdict: 'allow', body: { kind: 'none' } },
  { ...JUDGED, verdict: 'allow', body: { kind: 'signed' } },
  { ...JUDGED, verdict: 'allow', body: { kind: 'hash', sha256: HASH } },
] as Verdict[])('the verdict %j survives the gateway', (verdict) => {
  const context = verdictContext(verdict);

  expect(Object.values(context).every((value) => typeof value === 'string')).toBe(true);
  expect(readVerdict({ ...context, principalId: 'City', integrationLatency: 12 })).toEqual(verdict);
});

test.each([
  ['', { kind: 'none' }],
  ['signed', { kind: 'signed' }],
  [HASH, { kind: 'hash', sha256: HASH }],
] as const)(
  'a denial carries code, status, text and what is to be checked first (%j), and becomes the refusal it was',
  (bodySha256, body) => {
    const context = verdictContext({ ...JUDGED, verdict: 'deny', body, refusal: new Refusal('APIC.0304') });

    expect(context).toEqual({
      ...JUDGED,
      verdict: 'deny',
      status: '403',
      code: 'APIC.0304',
      message: 'The app is not authorized to access the API.',
      bodySha256,
    });
    expect(readVerdict(context)).toMatchObject({
      ...JUDGED,
      verdict: 'deny',
      body,
      refusal: { code: 'APIC.0304', status: 403 },
    });
  },
);

const ALLOWED = verdictContext({ ...JUDGED, verdict: 'allow', body: { kind: 'hash', sha256: HASH } });
const DENIED = verdictContext({
  ...JUDGED,
  verdict: 'deny',
  body: { kind: 'none' },
  refusal: new Refusal('APIC.0303'),
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['an empty context', {}],
  ['text', 'allow'],
  ['another word', { ...ALLOWED, verdict: 'Allow' }],
  ['no id', { ...ALLOWED, requestId: undefined }],
  ['half an id', { ...ALLOWED, requestId: JUDGED.requestId.slice(1) }],
  ['an id with a line feed', { ...ALLOWED, requestId: `${JUDGED.requestId}\n` }],
  ['no app', { ...ALLOWED, app: undefined }],
  ['no api', { ...ALLOWED, api: undefined }],
  ['half a hash', { ...ALLOWED, bodySha256: HASH.slice(1) }],
  ['a hash that is a number', { ...ALLOWED, bodySha256: 7 }],
  ['nothing of the body', { ...ALLOWED, bodySha256: undefined }],
  ['a denial that says nothing of the body', { ...DENIED, bodySha256: undefined }],
  ['an unknown code', { ...DENIED, code: 'APIC.9999' }],
  ['a code of the prototype', { ...DENIED, code: 'constructor' }],
  ['no message', { ...DENIED, message: undefined }],
])('%s is no verdict', (_, context) => {
  expect(readVerdict(context)).toBeUndefined();
});

test('anything at all either is an allow with all its parts, or allows nothing', () => {
  fc.assert(
    fc.property(fc.anything(), (context) => {
      expect(readVerdict(context)).toBeUndefined();
    }),
  );
});
