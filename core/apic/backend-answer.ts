import { isUtf8 } from 'node:buffer';
import { Refusal } from '../errors.ts';
import type { Pairs } from './canonical-request.ts';
import { OF_THE_CONNECTION } from './http-backend.ts';

/** What a backend answered. */
export interface BackendReply {
  readonly status: number;
  readonly headers: Pairs;
  readonly body: Buffer;
}

/** The same, for the caller. */
export interface BackendAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: string;
  readonly base64: boolean;
}

/** Lambda's answer may have 6 MB, and bytes that are no text come in base64, a third more. */
export const MAX_REPLY_BYTES = 4.25 * 1024 * 1024;
const TYPE = 'Content-Type';
/** Set by the platform's own chain. */
const NOT_THEIRS: ReadonlySet<string> = new Set([...OF_THE_CONNECTION, 'x-request-id']);

/** @throws Refusal `APIC.0202` for what no caller can be given */
export function backendAnswer({ status, headers, body }: BackendReply): BackendAnswer {
  if (status < 200 || status > 599) {
    throw new Refusal('APIC.0202', { detail: { reason: `the backend answered the status ${status}` } });
  }
  const connection = headers.filter(([name]) => name.toLowerCase() === 'connection').map(([, value]) => value);
  const named = new Set(connection.flatMap((value) => value.split(',')).map((name) => name.trim().toLowerCase()));
  const kept = headers.filter(([name]) => !NOT_THEIRS.has(name.toLowerCase()) && !named.has(name.toLowerCase()));
  const cookies = kept.filter(([name]) => name.toLowerCase() === 'set-cookie').map(([, value]) => value);
  const others = new Map<string, readonly [name: string, value: string]>();
  for (const [name, value] of kept) {
    const lower = name.toLowerCase();
    const before = others.get(lower);
    if (lower !== 'set-cookie') {
      others.set(
        lower,
        before === undefined ? [lower === 'content-type' ? TYPE : name, value] : [before[0], `${before[1]}, ${value}`],
      );
    }
  }
  const base64 = !isUtf8(body);

  return {
    status,
    headers: { [TYPE]: 'application/octet-stream', ...Object.fromEntries(others.values()) },
    cookies,
    body: body.toString(base64 ? 'base64' : 'utf8'),
    base64,
  };
}
