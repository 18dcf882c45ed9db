export interface HttpReply {
  readonly status: number;
  /** Names in lower case; values of a repeated one joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer<ArrayBuffer>;
}

/** What came is no answer of HTTP/1.1. */
export class MalformedReply extends Error {
  override readonly name = 'MalformedReply';
  readonly code = 'HPE_INVALID';
}

/** Node's own limit is 16 KiB; services of AWS send less than one. */
const MAX_HEAD_BYTES = 64 * 1024;
const HEAD_END = '\r\n\r\n';
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/;
/** RFC 9110 §5.1, §5.5: a token, and text without control characters. */
const HEADER_LINE = /^([!#$%&'*+.^_`|~\w-]+):[\t ]*(.*?)[\t ]*$/;
const CHUNK_LINE = /^([0-9a-fA-F]{1,8})[\t ]*(?:;.*)?$/;
const NOTHING = Buffer.alloc(0);

type Framing =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' };

interface Head {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly framing: Framing;
  /** Whether another request may follow on the connection. */
  readonly keepAlive: boolean;
}

/**
 * Reads one answer of HTTP/1.1 from the bytes of a connection, cut anywhere (RFC 9112 §6). Strict where leniency would let two readers
 * see two answers: folded headers, two lengths, a length beside chunks.
 */
export class ReplyReader {
  /** Whether the connection may be used again, once the answer is there. */
  keepAlive = false;
  #head: Head | undefined;
  /** Received and not understood yet. */
  #rest: Buffer<ArrayBuffer> = NOTHING;
  #body: Buffer[] = [];
  #bodyBytes = 0;

  /** The answer, as soon as it is complete. Throws `MalformedReply`. */
  push(chunk: Buffer<ArrayBuffer>): HttpReply | undefined {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#head === undefined) {
      const end = this.#rest.indexOf(HEAD_END);
      if (end < 0) {
        if (this.#rest.length > MAX_HEAD_BYTES) {
          throw new MalformedReply('the head of the answer does not end');
        }

        return undefined;
      }
      const head = readHead(this.#rest.toString('latin1', 0, end));
      this.#rest = this.#rest.subarray(end + HEAD_END.length);
      // 100 Continue and its like come before the answer.
      if (head.status >= 200) {
        this.#head = head;
      }
    }

    return this.#readBody(this.#head);
  }

  /** The connection ended: the answer, if that is how it says that it is complete. */
  end(): HttpReply | undefined {
    const head = this.#head;

    return head?.framing.kind === 'close' ? this.#complete(head, NOTHING) : undefined;
  }

  #readBody(head: Head): HttpReply | undefined {
    switch (head.framing.kind) {
      case 'length': {
        const missing = head.framing.bytes - this.#bodyBytes;
        if (this.#rest.length < missing) {
          this.#take(this.#rest.length);

          return undefined;
        }
        this.#take(missing);

        return this.#complete(head, this.#rest);
      }
      case 'close':
        this.#take(this.#rest.length);

        return undefined;
      case 'chunked':
        return this.#readChunks(head);
    }
  }

  #readChunks(head: Head): HttpReply | undefined {
    for (;;) {
      const lineEnd = this.#rest.indexOf('\r\n');
      if (lineEnd < 0) {
        if (this.#rest.length > MAX_HEAD_BYTES) {
          throw new MalformedReply('the size of a chunk does not end');
        }

        return undefined;
      }
      const [, digits] = CHUNK_LINE.exec(this.#rest.toString('latin1', 0, lineEnd)) ?? [];
      if (digits === undefined) {
        throw new MalformedReply('a chunk has no size');
      }
      const bytes = Number.parseInt(digits, 16);
      if (bytes === 0) {
        return this.#readTrailers(head, lineEnd);
      }
      const start = lineEnd + 2;
      if (this.#rest.length < start + bytes + 2) {
        return undefined;
      }
      if (this.#rest.toString('latin1', start + bytes, start + bytes + 2) !== '\r\n') {
        throw new MalformedReply('a chunk is longer than its size');
      }
      this.#rest = this.#rest.subarray(start);
      this.#take(bytes);
      this.#rest = this.#rest.subarray(2);
    }
  }

  /** Nobody reads them. @param at the end of the last chunk's line */
  #readTrailers(head: Head, at: number): HttpReply | undefined {
    const end = this.#rest.indexOf(HEAD_END, at);
    if (end < 0) {
      return undefined;
    }

    return this.#complete(head, this.#rest.subarray(end + HEAD_END.length));
  }

  #take(bytes: number): void {
    if (bytes > 0) {
      this.#body.push(this.#rest.subarray(0, bytes));
      this.#bodyBytes += bytes;
      this.#rest = this.#rest.subarray(bytes);
    }
  }

  #complete({ status, headers, keepAlive }: Head, beyond: Buffer): HttpReply {
    // Bytes behind an answer belong to no question of ours.
    this.keepAlive = keepAlive && beyond.length === 0;
    const [first = NOTHING] = this.#body;
    const bytes = this.#body.length === 1 ? first : Buffer.concat(this.#body);

    return { status, headers, bytes: bytes as Buffer<ArrayBuffer> };
  }
}

function readHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const [, minor, digits] = STATUS_LINE.exec(first) ?? [];
  if (digits === undefined) {
    throw new MalformedReply('the answer begins with no status line');
  }
  const status = Number(digits);
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const [, name = '', value = ''] = HEADER_LINE.exec(line) ?? [];
    if (name === '') {
      throw new MalformedReply('a line of the head is no header');
    }
    const key = name.toLowerCase();
    const known = headers[key];
    headers[key] = known === undefined ? value : `${known}, ${value}`;
  }
  const framing = framingOf(status, headers);
  const stays = minor === '1' && !/\bclose\b/i.test(headers['connection'] ?? '') && framing.kind !== 'close';

  return { status, headers, framing, keepAlive: stays };
}

/** RFC 9112 §6.3 */
function framingOf(status: number, headers: Readonly<Record<string, string>>): Framing {
  const { 'transfer-encoding': encoding, 'content-length': length } = headers;
  if (status < 200 || status === 204 || status === 304) {
    return { kind: 'length', bytes: 0 };
  }
  if (encoding !== undefined) {
    if (encoding.toLowerCase() !== 'chunked' || length !== undefined) {
      throw new MalformedReply('the answer says in several ways where it ends');
    }

    return { kind: 'chunked' };
  }
  if (length === undefined) {
    return { kind: 'close' };
  }
  if (!/^\d{1,15}$/.test(length)) {
    throw new MalformedReply('the length of the answer is no number');
  }

  return { kind: 'length', bytes: Number(length) };
}
