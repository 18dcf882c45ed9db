import { catalogue, type ErrorCode, Refusal } from '../errors.ts';

/**
 * What is known of the body a call may have: `none`, it is not covered · `hash`, it must have this hash · `signed`, the signature covers the
 * hash of the bytes that arrive; an authorizer never sees these, so the function that has them completes the check.
 */
export type BodyCover =
  | { readonly kind: 'none' }
  | { readonly kind: 'hash'; readonly sha256: string }
  | { readonly kind: 'signed' };

interface Judged {
  /** 32 hexadecimal digits. */
  readonly requestId: string;
  readonly api: string;
  /** Who calls; empty where nobody was asked, or nobody was recognised. */
  readonly app: string;
}

/** What an authorizer found. It never refuses itself: the gateway's own refusals have no body of ours. */
export type Verdict =
  | (Judged & { readonly verdict: 'allow'; readonly body: BodyCover })
  /** The refusal is answered once the body has been checked; a body that fails has a refusal of its own. */
  | (Judged & { readonly verdict: 'deny'; readonly refusal: Refusal; readonly body: BodyCover });

const SIGNED = 'signed';
const CODES: ReadonlySet<string> = new Set(catalogue().map(({ code }) => code));

/** The verdict as an authorizer's context: the gateway carries text only, and shows it to functions and access logs. */
export function verdictContext(verdict: Verdict): Record<string, string> {
  const { requestId, api, app, body } = verdict;
  const bodySha256 = body.kind === 'hash' ? body.sha256 : body.kind === 'signed' ? SIGNED : '';
  const judged = { requestId, api, app, bodySha256 };
  if (verdict.verdict === 'allow') {
    return { verdict: 'allow', status: '200', ...judged };
  }
  const { status, code, message } = verdict.refusal;

  return { verdict: 'deny', status: String(status), code, message, ...judged };
}

/** The verdict in an authorizer's context; undefined for anything that is none, so that whoever reads it fails closed. */
export function readVerdict(context: unknown): Verdict | undefined {
  const { verdict, code, message, requestId, api, app, bodySha256 } = (context ?? {}) as Record<string, unknown>;
  if (!isText(requestId) || !/^[0-9a-f]{32}$/.test(requestId) || !isText(api) || !isText(app) || !isText(bodySha256)) {
    return undefined;
  }
  const body = bodyCover(bodySha256);
  if (body === undefined) {
    return undefined;
  }
  if (verdict === 'deny' && isErrorCode(code) && isText(message)) {
    return { verdict, requestId, api, app, body, refusal: new Refusal(code, { message }) };
  }

  return verdict === 'allow' ? { verdict, requestId, api, app, body } : undefined;
}

function bodyCover(bodySha256: string): BodyCover | undefined {
  if (bodySha256 === '') {
    return { kind: 'none' };
  }
  if (bodySha256 === SIGNED) {
    return { kind: 'signed' };
  }

  return /^[0-9a-f]{64}$/.test(bodySha256) ? { kind: 'hash', sha256: bodySha256 } : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isErrorCode(code: unknown): code is ErrorCode {
  return isText(code) && CODES.has(code);
}
