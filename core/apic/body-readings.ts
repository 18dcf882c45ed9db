import { sha256Hex } from './canonical-request.ts';
import type { MistakeName } from './signing-mistakes.ts';

/** What a caller may have hashed in place of the bytes that were sent. */
export interface BodyReadings {
  /** Of the bytes received, 64 hexadecimal digits. */
  readonly sha256: string;
  readonly others: readonly { readonly mistake: MistakeName; readonly sha256: string }[];
}

/** Beyond this a body is not parsed again to see how else it might have been written. */
const MAX_PARSED_BYTES = 256 * 1024;

/** The hashes under which a body may have been signed by mistake: its bytes stay where they are. */
export function bodyReadings(body: Uint8Array): BodyReadings {
  const sha256 = sha256Hex(body);
  if (body.length === 0) {
    return { sha256, others: [] };
  }
  const bytes = Buffer.from(body);
  const others = [{ mistake: 'body-left-out' as const, sha256: sha256Hex('') }];
  const add = (mistake: MistakeName, text: string | Uint8Array) => {
    const hash = sha256Hex(text);
    if (hash !== sha256 && !others.some((other) => other.sha256 === hash)) {
      others.push({ mistake, sha256: hash } as (typeof others)[number]);
    }
  };
  add('body-newline', Buffer.concat([bytes, Buffer.from('\n')]));
  add('body-newline', Buffer.concat([bytes, Buffer.from('\r\n')]));
  add('body-newline', bytes.subarray(0, bytes.length - trailingBreak(bytes)));
  if (body.length > MAX_PARSED_BYTES) {
    return { sha256, others };
  }
  const text = bytes.toString('utf8');
  add('body-newline', text.replaceAll('\r\n', '\n'));
  add('body-newline', text.replaceAll(/\r?\n/g, '\r\n'));
  for (const written of jsonWritings(text)) {
    add('body-json-rewritten', written);
  }
  add('body-as-json-text', JSON.stringify(text));

  return { sha256, others };
}

function trailingBreak(bytes: Buffer): number {
  if (bytes.at(-1) !== 0x0a) {
    return 0;
  }

  return bytes.at(-2) === 0x0d ? 2 : 1;
}

/** The same JSON as usual libraries write it. */
function jsonWritings(text: string): string[] {
  const value = parsed(text);
  if (value === undefined) {
    return [];
  }
  const writings = [
    JSON.stringify(value),
    JSON.stringify(value, null, 2),
    JSON.stringify(value, null, 4),
    spaced(value),
  ];

  // Python escapes what is no ASCII unless it is told otherwise; Go's encoder ends with a line break.
  return [...new Set([...writings, ...writings.map(escaped), `${writings[0]}\n`])];
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);

    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** As Python's `json.dumps`: `{"a": 1, "b": [2, 3]}`. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(spaced).join(', ')}]`;
  }
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }

  return `{${Object.entries(value)
    .map(([name, one]) => `${JSON.stringify(name)}: ${spaced(one)}`)
    .join(', ')}}`;
}

function escaped(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
