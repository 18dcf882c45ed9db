import type { ErrorCode } from '../errors.ts';
import type { ApiDefinition } from './api-definition.ts';
import { type Proof, readCredential } from './app-schemes.ts';
import { EMPTY_BODY_SHA256, type SignableRequest, sha256Hex } from './canonical-request.ts';
import { type Nonce, nonceOf } from './nonce.ts';
import { type PresentedSignature, readSignature, signatureMatches } from './signature.ts';
import type { BodyCover } from './verdict.ts';

export interface CallingApp {
  readonly app: string;
  /** Where its secret lies. */
  readonly secretArn: string;
  readonly enabled: boolean;
  /** Changes with its secrets: what was read of them under another one counts no longer. */
  readonly revision?: number;
}

/** What deciding about a call needs to know. */
export interface Authorities {
  /** The app of an AppKey. */
  app(key: string): Promise<CallingApp | undefined>;
  /** The AppKey of the app that has an AppCode, by the code's SHA-256 in hex: looked up, never compared, so nothing is learnt by timing. */
  keyOfCode(codeSha256: string): Promise<string | undefined>;
  /** Whether an app that does not own the API may call it. */
  isGranted(api: string, app: string): Promise<boolean>;
  /** Whether the proof holds for a secret of the app. */
  knowsSecret(app: CallingApp, proof: Proof): Promise<boolean>;
  /** Remembers a nonce; whether it is the first time. */
  firstUse(nonce: Nonce): Promise<boolean>;
}

export type Decision =
  | { readonly outcome: 'allow'; readonly app: string; readonly body: BodyCover }
  /** `reason` is for the log. `body`: what must be checked before anybody hears of the denial. */
  | {
      readonly outcome: 'deny';
      readonly code: ErrorCode;
      readonly app: string;
      readonly reason: string;
      readonly body: BodyCover;
    };

/** Methods whose requests carry no body: a signature over one cannot be meant. */
const BODILESS = ['GET', 'HEAD', 'OPTIONS'];

/** Whether a call of this method may have a body, which its signature then covers. */
export function mayHaveBody(method: string): boolean {
  return !BODILESS.includes(method.toUpperCase());
}

const UNCOVERED: BodyCover = { kind: 'none' };

/**
 * Decides whether a call may pass.
 *
 * Whether an app has a grant is for that app to know: a denial for want of one says what of the body must be verified first, so that whoever
 * forges a signature is told that it is wrong and nothing else.
 */
export async function authorizeCall(
  request: SignableRequest,
  api: ApiDefinition,
  authorities: Authorities,
  now: Date,
): Promise<Decision> {
  if (api.auth === 'none') {
    return { outcome: 'allow', app: '', body: UNCOVERED };
  }
  if (api.auth === 'custom') {
    // The gateway asks the custom authorizer itself unless that wants the body.
    return { outcome: 'allow', app: '', body: { kind: 'asked' } };
  }
  if (api.auth === 'iam') {
    return unauthenticated('the gateway judges calls of this API by IAM, and did not');
  }
  const credential = readCredential(request, api, now);
  switch (credential.kind) {
    case 'signature':
      return bySignature(request, api, authorities, now);
    case 'code':
      return byAppCode(credential.code, api, authorities);
    case 'key':
      return byKey(credential.key, api, authorities);
    case 'proof':
      return byKey(credential.key, api, authorities, credential);
    case 'unfit':
      return unauthenticated(credential.reason);
  }
}

async function bySignature(
  request: SignableRequest,
  api: ApiDefinition,
  authorities: Authorities,
  now: Date,
): Promise<Decision> {
  const reading = readSignature(request, now);
  if (reading.outcome === 'refused') {
    return unauthenticated(reading.reason);
  }
  const { presented } = reading;
  if (presented.body.kind === 'unsigned' && api.unsignedPayload === false) {
    return unauthenticated('the API wants the body signed');
  }
  const caller = await authorities.app(presented.key);
  if (caller === undefined || !caller.enabled) {
    return unauthenticated(`the app of key ${presented.key} is ${caller === undefined ? 'unknown' : 'disabled'}`);
  }
  const [matches, granted] = await Promise.all([
    authorities.knowsSecret(caller, (secret) =>
      signatureMatches(presented.signature, presented.stringsToSign(), secret),
    ),
    mayCall(api, caller.app, authorities),
  ]);
  const body = matches ? coverOf(presented) : pendingCover(presented, request.method);
  if (body === undefined) {
    return unauthenticated('the signature does not match the request', caller.app);
  }
  // A signature that is not verified yet is not used up: who has the body does that.
  if (api.replayDefence && matches && !(await authorities.firstUse(nonceOf(presented)))) {
    return unauthenticated('the signature was used before', caller.app);
  }

  return granted ? { outcome: 'allow', app: caller.app, body } : unauthorized(api, caller.app, body);
}

async function byAppCode(code: string, api: ApiDefinition, authorities: Authorities): Promise<Decision> {
  const key = await authorities.keyOfCode(sha256Hex(code));
  if (key === undefined) {
    return unauthenticated('the AppCode is unknown');
  }

  return byKey(key, api, authorities);
}

/** @param shown what proves that the caller is the app; without it, the key is enough */
async function byKey(
  key: string,
  api: ApiDefinition,
  authorities: Authorities,
  shown?: { readonly scheme: string; readonly proof: Proof },
): Promise<Decision> {
  const caller = await authorities.app(key);
  if (caller === undefined || !caller.enabled) {
    return unauthenticated(`the app of key ${key} is ${caller === undefined ? 'unknown' : 'disabled'}`);
  }
  if (shown !== undefined && !(await authorities.knowsSecret(caller, shown.proof))) {
    return unauthenticated(`the secret shown by ${shown.scheme} is not that of the app`, caller.app);
  }
  const granted = await mayCall(api, caller.app, authorities);

  return granted ? { outcome: 'allow', app: caller.app, body: UNCOVERED } : unauthorized(api, caller.app, UNCOVERED);
}

async function mayCall(api: ApiDefinition, app: string, authorities: Authorities): Promise<boolean> {
  return app === api.app || authorities.isGranted(api.name, app);
}

function coverOf({ body }: PresentedSignature): BodyCover {
  switch (body.kind) {
    case 'declared':
      return { kind: 'hash', sha256: body.sha256 };
    case 'unsigned':
      return UNCOVERED;
    case 'received':
      // It matched with an empty body: then it must be empty.
      return { kind: 'hash', sha256: EMPTY_BODY_SHA256 };
  }
}

/** Without a declared hash the signature may still be over a body we do not have; who has it decides. */
function pendingCover({ body }: PresentedSignature, method: string): BodyCover | undefined {
  return body.kind === 'received' && mayHaveBody(method) ? { kind: 'signed' } : undefined;
}

function unauthenticated(reason: string, app = ''): Decision {
  return { outcome: 'deny', code: 'APIC.0303', app, reason, body: UNCOVERED };
}

function unauthorized(api: ApiDefinition, app: string, body: BodyCover): Decision {
  return {
    outcome: 'deny',
    code: 'APIC.0304',
    app,
    reason: `app ${app} has no grant for ${api.name}, owned by ${api.app}`,
    body,
  };
}
