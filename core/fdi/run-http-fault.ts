import { Buffer } from 'node:buffer';
import type { RunFault } from './run-ports.ts';

/** What an API answered, or did not, and what that means for the run. Its message is for whoever declared the source. */
export class ApiFault extends Error {
  override readonly name = 'ApiFault';
  readonly kind: Exclude<RunFault['kind'], 'data'>;
  /** How long the API asks to be left alone, if it does. */
  readonly waitMs: number | undefined;

  constructor(kind: ApiFault['kind'], message: string, options: ErrorOptions & { readonly waitMs?: number } = {}) {
    super(message, options);
    this.kind = kind;
    this.waitMs = options.waitMs;
  }
}

const ADVICE: Readonly<Record<number, string>> = {
  400: 'it does not understand the question: the parameters, headers and body of the source',
  401: 'it refuses the login: what the secret of the source holds',
  403: 'the login may not do this: its rights at the API',
  404: 'it has nothing at this address: the URL of the source',
  405: 'it does not take this method: the method of the source',
  410: 'the address has been given up: the URL of the source',
  422: 'it does not take these values: the parameters and the body of the source',
};
/** Ref: RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4 */
const PASSING: readonly number[] = [408, 425, 429];
/** Refusals that say when to come again. */
const PAUSING: readonly number[] = [429, 503];
const EXCERPT = 200;

/** What a status that is not 2xx means. @param now of the wall clock */
export function statusFault(
  status: number,
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array },
  place: string,
  now: number,
): ApiFault {
  const said = excerptOf(body);
  const passing = status >= 500 || PASSING.includes(status);
  const advice = ADVICE[status] ?? (passing ? 'it cannot answer now' : 'it refuses the question');
  const message = `${place} answered ${status}: ${advice}${said === '' ? '' : `. It said: ${said}`}`;
  const waitMs = PAUSING.includes(status) ? retryAfter(headers['retry-after'], now) : undefined;

  return new ApiFault(passing ? 'passing' : 'lasting', message, waitMs === undefined ? {} : { waitMs });
}

/** RFC 9110 §10.2.3: seconds, or a date. */
export function retryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  if (/^\d{1,9}$/.test(text.trim())) {
    return Number(text) * 1000;
  }
  const date = Date.parse(text);

  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Whatever came of a question, as the run's loop understands it. */
export function apiFault(error: unknown): RunFault {
  if (error instanceof ApiFault) {
    return { kind: error.kind, message: error.message };
  }
  const message = error instanceof Error ? error.message : String(error);

  return { kind: 'lasting', message };
}

/** An address without its query, which may hold a key. */
export function placeOf(url: string): string {
  const { host, pathname } = new URL(url);

  return `${host}${pathname}`;
}

function excerptOf(body: Uint8Array): string {
  const text = Buffer.from(body.subarray(0, EXCERPT * 4))
    .toString('utf8')
    .replace(/\s+/g, ' ')
    .trim();

  return text.length > EXCERPT ? `${text.slice(0, EXCERPT - 1)}…` : text;
}
