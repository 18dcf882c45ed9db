import { catalogue, type ErrorCode, Refusal } from '../errors.ts';
import type { AuthorizerContext } from './custom-authorizer.ts';

/**
 * What is known of the body a call may have: `none`, it is not covered · `hash`, it must have this hash · `signed`, the signature covers the
 * hash of the bytes that arrive; an authorizer never sees these, so the function that has them completes the check · `asked`, a custom
 * authorizer that wants the body has not decided yet, so that function has it asked.
 */
export type BodyCover =
  | { readonly kind: 'none' }
  | { readonly kind: 'hash'; readonly sha256: string }
  | { readonly kind: 'signed' }
  | { readonly kind: 'asked' };

interface Judged {
  /** 32 hexadecimal digits; empty in a verdict the gateway may repeat for other calls. */
  readonly requestId: string;
  readonly api: string;
  /** Who calls; empty where nobody was asked, or nobody was recognised. */
  readonly app: string;
}

/** What an authorizer found. It never refuses itself: the gateway's own refusals have no body of ours. */
export type Verdict =
  | (Judged & { readonly verdict: 'allow'; readonly body: BodyCover; readonly context?: AuthorizerContext })
  /** The refusal is answered once the body has been checked; a body that fails has a refusal of its own. */
  | (Judged & { readonly verdict: 'deny'; readonly refusal: Refusal; readonly body: BodyCover });

/** Body covers that are no hash. */
const WORDS: readonly ('signed' | 'asked')[] = ['signed', 'asked'];
const CODES: ReadonlySet<string> = new Set(catalogue().map(({ code }) => code));

/** The verdict as an authorizer's context: the gateway carries text only, and shows it to functions and access logs. */
export function verdictContext(verdict: Verdict): Record<string, string> {
  const { requestId, api, app, body } = verdict;
  const bodySha256 = body.kind === 'hash' ? body.sha256 : body.kind === 'none' ? '' : body.kind;
  const judged = { requestId, api, app, bodySha256 };
  if (verdict.verdict === 'allow') {
    const context = verdict.context === undefined ? {} : { custom: JSON.stringify(verdict.context) };

    return { verdict: 'allow', status: '200', ...judged, ...context };
  }
  const { status, code, message } = verdict.refusal;

  return { verdict: 'deny', status: String(status), code, message, ...judged };
}

/** The verdict in an authorizer's context; undefined for anything that is none, so that whoever reads it fails closed. */
export function readVerdict(context: unknown): Verdict | undefined {
  const { verdict, code, message, requestId, api, app, bodySha256, custom } = (context ?? {}) as Record<
    string,
    unknown
  >;
  if (
    !isText(requestId) ||
    !/^([0-9a-f]{32})?$/.test(requestId) ||
    !isText(api) ||
    !isText(app) ||
    !isText(bodySha256)
  ) {
    return undefined;
  }
  const body = bodyCover(bodySha256);
  if (body === undefined) {
    return undefined;
  }
  if (verdict === 'deny' && isErrorCode(code) && isText(message)) {
    return { verdict, requestId, api, app, body, refusal: new Refusal(code, { message }) };
  }

  if (verdict !== 'allow') {
    return undefined;
  }

  return { verdict, requestId, api, app, body, ...(isText(custom) && { context: JSON.parse(custom) }) };
}

function bodyCover(bodySha256: string): BodyCover | undefined {
  if (bodySha256 === '') {
    return { kind: 'none' };
  }
  const word = WORDS.find((one) => one === bodySha256);
  if (word !== undefined) {
    return { kind: word };
  }

  return /^[0-9a-f]{64}$/.test(bodySha256) ? { kind: 'hash', sha256: bodySha256 } : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isErrorCode(code: unknown): code is ErrorCode {
  return isText(code) && CODES.has(code);
}
