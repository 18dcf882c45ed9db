import { AwsError } from '../errors.ts';
import { HASH_KEY_SPACE } from './hash-key.ts';
import { sizeOf } from './record-codec.ts';
import type { PutEntry, Stream } from './stream.ts';

/** What the shape of a request cannot say: the stream's own record size and the range of hash keys. */
export function checkEntry(stream: Stream, entry: PutEntry, place: string): void {
  const maximum = stream.state.maxRecordKiB * 1024;
  if (sizeOf(entry) > maximum) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at '${place}' failed to satisfy constraint: Member must have length less than or equal to ${maximum}`,
    );
  }
  if (entry.explicitHashKey !== undefined && BigInt(entry.explicitHashKey) >= HASH_KEY_SPACE) {
    throw new AwsError(
      'InvalidArgumentException',
      `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${entry.explicitHashKey}`,
    );
  }
}
