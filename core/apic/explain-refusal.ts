import type { ApiDefinition } from './api-definition.ts';
import { readCredential } from './app-schemes.ts';
import type { Authorities, CallingApp } from './authorize-call.ts';
import type { BodyReadings } from './body-readings.ts';
import { canonicalRequests, type SignableRequest, sha256Hex } from './canonical-request.ts';
import { type Difference, differences, findMistakes } from './find-mistakes.ts';
import {
  coveredHash,
  type PresentedSignature,
  readSignature,
  type SignatureFault,
  signatureMatches,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from './signature.ts';
import { MISTAKES, type MistakeName } from './signing-mistakes.ts';

/** A call that was refused for want of credentials, as far as explaining takes it. */
export interface RefusedCall {
  readonly request: SignableRequest;
  readonly body: BodyReadings;
}

/** What a refused caller is told where an API explains: part of the refusal's body as it is. */
export interface Explanation {
  readonly causes: readonly Cause[];
  /** Where what was signed is known to differ from what is to be signed. */
  readonly differs?: readonly Difference[];
  /** What is to be signed of the request that arrived, by lines. */
  readonly canonical_request?: readonly string[];
  readonly canonical_request_sha256?: string;
  /** What the signature is the HMAC of. */
  readonly string_to_sign?: string;
}

/** `cause` is a word a program can go by, `message` says what to do. */
interface Cause {
  readonly cause: MistakeName | SignatureFault | OtherCause;
  readonly message: string;
}

/** Causes other than a signature that is written wrong. */
export const OTHER_CAUSES = [
  'credentials',
  'unknown-key',
  'app-disabled',
  'unknown-app-code',
  'wrong-secret',
  'body-hash',
  'unsigned-payload',
  'used-before',
  'nothing-now',
  'unknown',
] as const;
type OtherCause = (typeof OTHER_CAUSES)[number];

/** What to do about a signature that is wrong before the secret is looked at. */
export const FAULTS: Readonly<Record<SignatureFault, string>> = {
  'authorization-header':
    'Send one Authorization header; names of headers and hexadecimal digits in it are lower case, the signature has 64 of them.',
  'signed-header-absent': 'Send each header that SignedHeaders lists, once.',
  'signed-headers-list': 'Sign X-Sdk-Date and list it; Authorization is never signed.',
  'date-form': 'Write the date in UTC, without fractions of seconds.',
  'date-skew': 'Set the clock, and write the date in UTC.',
  'body-hash-form': 'Send the hash in lower case, once.',
};

type Asked = Pick<Authorities, 'app' | 'keyOfCode' | 'knowsSecret'>;

/**
 * Says why a call was refused with `APIC.0303`.
 *
 * Told is what the caller sent, how the platform reads it and which usual mistake makes its signature come out; untold stay the secret, the
 * right signature and what the app may do. Whether a key exists is told too, which is why only APIs that ask for it explain.
 */
export async function explainRefusal(
  call: RefusedCall,
  api: ApiDefinition,
  authorities: Asked,
  now: Date,
): Promise<Explanation> {
  const credential = readCredential(call.request, api, now);
  switch (credential.kind) {
    case 'signature':
      return explainSignature(call, api, authorities, now);
    case 'unfit':
      return because('credentials', sentence(credential.reason));
    case 'code':
      return explainCode(credential.code, authorities);
    case 'key':
      return unfitApp(credential.key, await authorities.app(credential.key)) ?? nothingNow();
    case 'proof': {
      const { key, scheme } = credential;

      return (
        unfitApp(key, await authorities.app(key)) ??
        because('wrong-secret', `What ${scheme} shows was not made with a secret of the app of key ${key}.`)
      );
    }
  }
}

async function explainCode(code: string, { app, keyOfCode }: Asked): Promise<Explanation> {
  const key = await keyOfCode(sha256Hex(code));
  if (key === undefined) {
    return because('unknown-app-code', 'No app has this AppCode.');
  }

  return unfitApp(key, await app(key)) ?? nothingNow();
}

async function explainSignature(
  { request, body }: RefusedCall,
  api: ApiDefinition,
  authorities: Asked,
  now: Date,
): Promise<Explanation> {
  const reading = readSignature(request, now);
  if (reading.outcome === 'refused') {
    return because(reading.fault, `${sentence(reading.reason)} ${FAULTS[reading.fault]}`);
  }
  const { presented } = reading;
  const covered = coveredHash(presented.body, body.sha256);
  const [expected = ''] = canonicalRequests(request, presented.signedHeaders, covered);
  const found = await judge({ request, body }, { presented, expected }, api, authorities);

  return {
    ...found,
    canonical_request: expected.split('\n'),
    canonical_request_sha256: sha256Hex(expected),
    string_to_sign: stringToSign(presented.dateText, expected),
  };
}

async function judge(
  { request, body }: RefusedCall,
  { presented, expected }: { readonly presented: PresentedSignature; readonly expected: string },
  api: ApiDefinition,
  authorities: Asked,
): Promise<Explanation> {
  if (presented.body.kind === 'unsigned' && api.unsignedPayload === false) {
    const instead = 'send the SHA-256 of the body in X-Sdk-Content-Sha256, or leave the header out';

    return because('unsigned-payload', `This API does not take ${UNSIGNED_PAYLOAD}: ${instead}.`);
  }
  const app = await authorities.app(presented.key);
  if (app === undefined || !app.enabled) {
    return unfitApp(presented.key, app) ?? nothingNow();
  }
  const holds = await authorities.knowsSecret(app, (secret) =>
    signatureMatches(presented.signature, presented.stringsToSign(body.sha256), secret),
  );
  if (holds) {
    return explainHolding(presented, body, api);
  }
  const signed = await findMistakes(request, body, presented, (proof) => authorities.knowsSecret(app, proof));
  if (signed === undefined) {
    const message =
      'No usual mistake makes this signature come out. Compare what you sign with canonical_request, line by line; if they are alike, the secret is another one.';

    return because('unknown', message);
  }

  return {
    causes: signed.mistakes.map((cause) => ({ cause, message: MISTAKES[cause] })),
    differs: differences(signed.canonical, expected),
  };
}

/** The signature is right, and still the call was refused. */
function explainHolding({ body }: PresentedSignature, received: BodyReadings, api: ApiDefinition): Explanation {
  if (body.kind === 'declared' && body.sha256 !== received.sha256) {
    const other = received.others.find(({ sha256 }) => sha256 === body.sha256)?.mistake;
    const message = `X-Sdk-Content-Sha256 is ${body.sha256}, the body that arrived has ${received.sha256}: hash exactly the bytes you send.`;
    const more = other === undefined ? [] : [{ cause: other, message: MISTAKES[other] }];

    return { causes: [{ cause: 'body-hash', message }, ...more] };
  }

  return api.replayDefence
    ? because('used-before', 'The signature was used before, and each is good for one call: sign every call anew.')
    : nothingNow();
}

function unfitApp(key: string, app: CallingApp | undefined): Explanation | undefined {
  if (app === undefined) {
    return because('unknown-key', `No app has the key ${key}.`);
  }

  return app.enabled ? undefined : because('app-disabled', `The app of key ${key} is disabled.`);
}

/** Credentials may have changed since the call was judged. */
function nothingNow(): Explanation {
  return because('nothing-now', 'Asked again, nothing is wrong with it any more: try once more.');
}

function because(cause: Cause['cause'], message: string): Explanation {
  return { causes: [{ cause, message }] };
}

function sentence(reason: string): string {
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
}
