import type { ErrorCode } from '../errors.ts';
import type { ApiDefinition } from './api-definition.ts';
import { EMPTY_BODY_SHA256, headerValue, headerValues, type SignableRequest, sha256Hex } from './canonical-request.ts';
import { isSignature, type PresentedSignature, readSignature } from './signature.ts';
import type { BodyCover } from './verdict.ts';

const APP_CODE_HEADER = 'x-apig-appcode';

export interface CallingApp {
  readonly app: string;
  /** Where its secret lies. */
  readonly secretArn: string;
  readonly enabled: boolean;
}

/** What deciding about a call needs to know. */
export interface Authorities {
  /** The app of an AppKey. */
  app(key: string): Promise<CallingApp | undefined>;
  /** The AppKey of the app that has an AppCode, by the code's SHA-256 in hex: looked up, never compared, so nothing is learnt by timing. */
  keyOfCode(codeSha256: string): Promise<string | undefined>;
  /** Whether an app that does not own the API may call it. */
  isGranted(api: string, app: string): Promise<boolean>;
  /** Whether a signature is the HMAC of a text under an app's secret. */
  signatureMatches(secretArn: string, signature: string, stringToSign: string): Promise<boolean>;
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
 * A call that brings a signature is judged by it alone, a bad one is not saved by an AppCode beside it. An `Authorization` header of another
 * scheme is the backend's business and does not stand in the way of an AppCode.
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
  if (isSignature(headerValue(request.headers, 'authorization'))) {
    return bySignature(request, api, authorities, now);
  }
  const [code, ...more] = headerValues(request.headers, APP_CODE_HEADER);
  if (code === undefined) {
    return unauthenticated('neither a signature nor an AppCode');
  }
  if (!api.appCode || more.length > 0) {
    return unauthenticated(more.length > 0 ? 'several AppCodes' : 'the API does not accept AppCodes');
  }

  return byAppCode(code, api, authorities);
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
  const caller = await authorities.app(presented.key);
  if (caller === undefined || !caller.enabled) {
    return unauthenticated(`the app of key ${presented.key} is ${caller === undefined ? 'unknown' : 'disabled'}`);
  }
  const [matches, granted] = await Promise.all([
    authorities.signatureMatches(caller.secretArn, presented.signature, presented.stringToSign()),
    mayCall(api, caller.app, authorities),
  ]);
  const body = matches ? coverOf(presented) : pendingCover(presented, request.method);
  if (body === undefined) {
    return unauthenticated('the signature does not match the request', caller.app);
  }

  return granted ? { outcome: 'allow', app: caller.app, body } : unauthorized(api, caller.app, body);
}

async function byAppCode(code: string, api: ApiDefinition, authorities: Authorities): Promise<Decision> {
  const key = await authorities.keyOfCode(sha256Hex(code));
  if (key === undefined) {
    return unauthenticated('the AppCode is unknown');
  }
  const caller = await authorities.app(key);
  if (caller === undefined || !caller.enabled) {
    return unauthenticated(`the app of key ${key} is ${caller === undefined ? 'unknown' : 'disabled'}`);
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
