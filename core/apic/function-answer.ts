import { type ScriptResponse, scriptResponse } from './script/script-response.ts';

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' };
const BYTES = { 'Content-Type': 'application/octet-stream' };
const PARTS: ReadonlySet<string> = new Set(['status', 'headers', 'body']);

/**
 * What a function API returned, as an HTTP answer. An object of nothing but a numeric `status` with `headers` or `body` is the answer itself;
 * every other value is the body: a text as it is, bytes as they are, nothing as 204, and all else as JSON.
 *
 * @throws Refusal `APIC.0601` for what HTTP or Lambda cannot carry, TypeError for what JSON cannot
 */
export function functionAnswer(returned: unknown): ScriptResponse {
  if (!isAnswer(returned)) {
    return scriptResponse(returned === undefined ? { status: 204, body: '' } : contentOf(returned));
  }
  const { status, headers = {}, body } = returned;
  const { headers: type = {}, ...content } = contentOf(body);
  const named = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');

  const texts = Object.entries(headers).map(([name, value]) => [name, String(value)]);

  return scriptResponse({ ...content, status, headers: { ...(named ? {} : type), ...Object.fromEntries(texts) } });
}

interface GivenAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

function isAnswer(returned: unknown): returned is GivenAnswer {
  if (typeof returned !== 'object' || returned === null || Array.isArray(returned)) {
    return false;
  }
  const names = Object.keys(returned);

  return (
    'status' in returned &&
    typeof returned.status === 'number' &&
    names.length > 1 &&
    names.every((name) => PARTS.has(name))
  );
}

function contentOf(body: unknown): { headers?: Readonly<Record<string, string>>; body: string; base64?: boolean } {
  if (body === undefined) {
    return { body: '' };
  }
  if (typeof body === 'string') {
    return { body, headers: TEXT };
  }
  if (body instanceof Uint8Array) {
    return { body: Buffer.from(body).toString('base64'), base64: true, headers: BYTES };
  }
  const text: string | undefined = JSON.stringify(body);
  if (text === undefined) {
    throw new TypeError(`a ${typeof body} is no answer: JSON has nothing for it`);
  }

  return { body: text };
}
