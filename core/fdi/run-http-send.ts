import { retryAfter } from './run-http-fault.ts';
import type { HttpTarget, HttpTargetTest, OutgoingObject } from './run-http-target.ts';
import { NotTaken, RowsRefused, type Sending } from './run-outlet.ts';
import type { RunFault } from './run-ports.ts';
import { joinedId } from './run-record-id.ts';

/** What is asked of an API, below its address. */
export interface OutgoingRequest {
  readonly method: HttpTargetTest['method'];
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What came of it. `text` holds no secret, and is for people. */
export type OutgoingAnswer =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly text: string }
  /** No answer came, and whether the request arrived nobody knows. */
  | { readonly problem: string; readonly kind: 'passing' | 'lasting' };

export interface HttpSendPorts {
  readonly ask: (request: OutgoingRequest) => Promise<OutgoingAnswer>;
  readonly pause: (ms: number) => Promise<void>;
  /** 0 to 1. */
  readonly random: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Between attempts at one request; used up, the run waits. Together less than the half minute a page has at the end. */
const WAITS_MS: readonly number[] = [100, 400, 1600, 5000, 10_000];
/** Who asks for more is left alone by the run. */
const LONGEST_MS = 10_000;
/** Of an answer, for people. */
const EXCERPT = 500;
/** RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4 */
const PASSING: readonly number[] = [408, 425, 429];
const LASTING: Readonly<Record<number, string>> = {
  401: 'it does not know who asks: what the secret of target.http.auth holds',
  403: 'who asks may not do this: its rights at the API',
  404: 'it has nothing at this address: target.http.url and path',
  405: 'it does not take this method: target.http.method',
  407: 'something between asks for a login of its own',
};

/**
 * Sends records as one request, until the API has answered for them.
 *
 * @throws RowsRefused when it does not take them; NotTaken when it does not take anything; or what `hold` throws
 */
export async function sendRequest(
  rows: readonly OutgoingObject[],
  target: HttpTarget,
  { ask, pause, random, now }: HttpSendPorts,
  { hold, acknowledged }: Pick<Sending<OutgoingObject>, 'hold' | 'acknowledged'>,
): Promise<void> {
  const request = requestOf(rows, target);
  for (let attempt = 0; ; attempt += 1) {
    await hold();
    const fault = faultOf(await ask(request), target, request.path, now());
    if (fault === undefined) {
      rows.forEach(acknowledged);

      return;
    }
    if (fault.kind === 'data') {
      throw new RowsRefused(rows, fault);
    }
    const wait = WAITS_MS[attempt];
    const { waitMs = 0 } = fault;
    if (fault.kind !== 'passing' || wait === undefined || waitMs > LONGEST_MS) {
      throw new NotTaken(fault);
    }
    await pause(Math.max(waitMs, wait * (0.5 + random() / 2)));
  }
}

/** What is sent for these records: an object, or a list of them. */
export function requestOf(rows: readonly OutgoingObject[], target: HttpTarget): OutgoingRequest {
  const { method, headers, hasBody, batch, idempotencyHeader } = target;
  const [first] = rows;
  const id = joinedId(rows.map((row) => row.id));

  return {
    method,
    path: first?.path ?? target.path,
    headers: {
      accept: 'application/json',
      ...(hasBody && { 'content-type': 'application/json' }),
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      ...(idempotencyHeader !== undefined && { [idempotencyHeader.toLowerCase()]: id }),
    },
    ...(hasBody && { body: batch === undefined ? (first?.text ?? '') : listText(rows, batch.path) }),
  };
}

function listText(rows: readonly OutgoingObject[], path: string | undefined): string {
  const names = path === undefined ? [] : path.split('.').map((name) => JSON.stringify(name));
  const list = `[${rows.map(({ text }) => text).join(',')}]`;

  return `${names.map((name) => `{${name}:`).join('')}${list}${'}'.repeat(names.length)}`;
}

/** Of an answer, for people. */
export function excerptOf(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, EXCERPT).toWellFormed();
}

function faultOf(answer: OutgoingAnswer, target: HttpTarget, path: string, now: number): RunFault | undefined {
  if ('problem' in answer) {
    return { kind: answer.kind, message: answer.problem };
  }
  const { status, headers, text } = answer;
  if (target.success.some(([from, to]) => status >= from && status <= to)) {
    return undefined;
  }
  const said = excerptOf(text);
  const message = (why: string) =>
    `${target.method} ${target.place}${path.split('?')[0]} answered ${status}: ${why}${said === '' ? '' : `. It said: ${said}`}`;
  if (status >= 500 || PASSING.includes(status)) {
    const waitMs = retryAfter(headers['retry-after'], now);

    return { kind: 'passing', message: message('it cannot take it now'), ...(waitMs !== undefined && { waitMs }) };
  }
  if (status < 400) {
    const place = headers['location'];
    const why = `no redirect is followed: what is sent belongs to the declared address${place === undefined ? '' : ` (${place.slice(0, 200)})`}`;

    return { kind: 'lasting', message: message(why) };
  }
  // One record that is not there is no reason to keep all others back.
  const ofRecord = (status === 404 || status === 410) && target.path.includes('{');
  const lasting = ofRecord ? undefined : LASTING[status];

  return lasting === undefined
    ? { kind: 'data', code: 'answer', message: message('it does not take what was sent') }
    : { kind: 'lasting', message: message(lasting) };
}
