import type { Buffer } from 'node:buffer';

/** A whole request of HTTP/1.1 as it lay in one piece of what was received. */
export interface PlainRequest {
  readonly method: string;
  /** As received, with its query. */
  readonly url: string;
  /** Name, value, name, value, in the sender's case, as Node has them. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface PlainReading {
  readonly request: PlainRequest;
  /** How many bytes the request takes; what follows is the next one. */
  readonly bytes: number;
}

const HEAD_END = '\r\n\r\n';
/** Longer heads are Node's to judge. */
const MAX_HEAD_BYTES = 16 * 1024;
const REQUEST_LINE = /^(GET|POST|PUT|PATCH|DELETE|OPTIONS) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
/** RFC 9110 §5.1, §5.5 */
const HEADER_LINE = /^([!#$%&'*+.^_`|~\w-]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/;
/** What makes more of a request than its head and the bytes behind it, or of its connection than a pipe of requests. */
const SPECIAL = new Set([
  'expect',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'proxy-connection',
]);

/**
 * The request at the beginning of the bytes, if it is plain: complete, in the form every client writes, its length given once or not at all.
 * Undefined for anything else, which is no judgement: whatever is unusual in any way, also what is wrong, is for Node's own parser to decide.
 */
export function readPlainRequest(received: Buffer): PlainReading | undefined {
  const end = received.indexOf(HEAD_END);
  if (end < 0 || end > MAX_HEAD_BYTES) return undefined;
  const [first = '', ...lines] = received.toString('latin1', 0, end).split('\r\n');
  const [, method, url] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || url === undefined) return undefined;
  const rawHeaders: string[] = [];
  let hosts = 0;
  let length: string | undefined;
  for (const line of lines) {
    const header = readHeader(line);
    if (header === undefined) return undefined;
    const { name, lowered, value } = header;
    if (lowered === 'host') hosts += 1;
    if (lowered === 'content-length') {
      if (length !== undefined || !/^\d{1,9}$/.test(value)) return undefined;
      length = value;
    }
    rawHeaders.push(name, value);
  }
  const start = end + HEAD_END.length;
  const bytes = start + Number(length ?? 0);
  if (hosts !== 1 || received.length < bytes) return undefined;

  return { request: { method, url, rawHeaders, body: received.subarray(start, bytes) }, bytes };
}

interface Header {
  readonly name: string;
  readonly lowered: string;
  readonly value: string;
}

/** Most lines are those of the request before: clients say the same of themselves every time. */
const MAX_KNOWN = 500;
const MAX_KNOWN_CHARACTERS = 100;
const known = new Map<string, Header>();

function readHeader(line: string): Header | undefined {
  const before = known.get(line);
  if (before !== undefined) return before;
  const [, name, value = ''] = HEADER_LINE.exec(line) ?? [];
  if (name === undefined) return undefined;
  const lowered = name.toLowerCase();
  if (SPECIAL.has(lowered) || (lowered === 'connection' && value.toLowerCase() !== 'keep-alive')) return undefined;
  const header = { name, lowered, value };
  if (line.length <= MAX_KNOWN_CHARACTERS) {
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(line, header);
  }

  return header;
}
