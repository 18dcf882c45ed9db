import { Refusal } from '../../errors.ts';

/** What a script returned, as its sandbox gives it. */
export interface ReturnedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  readonly base64?: boolean;
}

export interface ScriptResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly base64: boolean;
}

/** Lambda's answer may have 6 MB; the JSON around a body escapes some of it. */
const MAX_BODY_BYTES = 5 * 1024 * 1024;
/** Set by the gateway or by the connection, never by a backend. */
const NOT_THEIRS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
]);
const NAME = /^[!#$%&'*+.^`|~\w-]+$/;

/** @throws Refusal `APIC.0601` for an answer that HTTP or Lambda cannot carry: the script is wrong, not its caller */
export function scriptResponse({ status = 200, headers = {}, body, base64 = false }: ReturnedAnswer): ScriptResponse {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw wrong(`the status ${status} is none from 200 to 599`);
  }
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_BODY_BYTES) {
    throw wrong(`a body of ${bytes} bytes is more than ${MAX_BODY_BYTES}`);
  }
  const kept = Object.entries(headers).filter(([name]) => !NOT_THEIRS.has(name.toLowerCase()));
  const bad = kept.find(([name, value]) => !NAME.test(name) || !isSendable(value));
  if (bad !== undefined) {
    throw wrong(`the header ${JSON.stringify(bad[0])} cannot be sent`);
  }

  return { status, headers: Object.fromEntries(kept), body, base64 };
}

/** HTTP takes no control characters but the tab: with a line break a value could become a header of its own. */
function isSendable(value: string): boolean {
  return [...value].every((character) => character === '\t' || (character >= ' ' && character !== '\x7f'));
}

function wrong(reason: string): Refusal {
  return new Refusal('APIC.0601', { detail: { reason: `the script's answer: ${reason}` } });
}
