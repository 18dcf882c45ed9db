import { Buffer } from 'node:buffer';
import { AwsError } from '../errors.ts';
import { LIMITS } from './limits.ts';

/** What an iterator says. It grants nothing: a forged one names a stream, and the caller's right to it is asked first. */
export interface ShardIterator {
  readonly stream: string;
  /** Milliseconds since the epoch: an iterator of a deleted namesake is not this stream's. */
  readonly streamCreated: number;
  readonly shardId: string;
  /** The next counter to read. */
  readonly counter: number;
  /** Milliseconds since the epoch. */
  readonly issued: number;
}

export function encodeIterator(iterator: ShardIterator): string {
  const { stream, streamCreated, shardId, counter, issued } = iterator;

  return Buffer.from(JSON.stringify([1, stream, streamCreated, shardId, counter, issued])).toString('base64');
}

/** Throws `AwsError` InvalidArgumentException. */
export function decodeIterator(text: string): ShardIterator {
  const parts = parse(text);
  const [version, stream, streamCreated, shardId, counter, issued] = parts;
  const wellFormed =
    version === 1 &&
    typeof stream === 'string' &&
    typeof shardId === 'string' &&
    [streamCreated, counter, issued].every((part) => Number.isSafeInteger(part) && (part as number) >= 0);
  if (!wellFormed) throw new AwsError('InvalidArgumentException', 'Invalid ShardIterator.');

  return { stream, streamCreated, shardId, counter, issued } as ShardIterator;
}

/** Throws `AwsError` ExpiredIteratorException five minutes after it was issued. */
export function requireFresh(iterator: ShardIterator, now: number): void {
  if (now - iterator.issued <= LIMITS.iteratorMillis) return;

  const issued = new Date(iterator.issued).toUTCString();
  throw new AwsError(
    'ExpiredIteratorException',
    `Iterator expired. The iterator was created at time ${issued} while right now it is ${new Date(now).toUTCString()} which is further in the future than the tolerated delay of ${LIMITS.iteratorMillis} milliseconds.`,
  );
}

function parse(text: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64').toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
