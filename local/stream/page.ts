import { Buffer } from 'node:buffer';
import { AwsError } from '../errors.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** Present when more follows. */
  readonly next?: string;
}

/** The items after the one whose key is `after`, at most `limit` of them. */
export function pageAfter<T>(
  items: readonly T[],
  key: (item: T) => string,
  after: string | undefined,
  limit: number,
): Page<T> {
  const start = after === undefined ? 0 : items.findIndex((item) => key(item) > after);
  if (start === -1) return { items: [] };
  const page = items.slice(start, start + limit);
  const last = page.at(-1);

  return last !== undefined && start + limit < items.length ? { items: page, next: key(last) } : { items: page };
}

/** A token says what was asked and where to go on. Sorted keys, base64: opaque to a caller. */
export function encodeToken(content: Readonly<Record<string, string>>): string {
  return Buffer.from(JSON.stringify(content)).toString('base64');
}

/** Throws `AwsError` InvalidArgumentException. */
export function decodeToken(token: string): Record<string, string> {
  try {
    const content: unknown = JSON.parse(Buffer.from(token, 'base64').toString());
    if (typeof content === 'object' && content !== null) return content as Record<string, string>;
  } catch {
    // answered below
  }
  throw new AwsError('InvalidArgumentException', 'NextToken is invalid.');
}
