import { ACCOUNT } from '../account.ts';
import type { StreamPosition } from '../engines.ts';
import { AwsError } from '../errors.ts';
import { parseSequenceNumber } from './sequence-number.ts';
import type { Shard } from './shard.ts';
import type { Stream } from './stream.ts';

export type Position = StreamPosition | { readonly type: 'AT_SEQUENCE_NUMBER'; readonly sequenceNumber: string };

/**
 * The position a request names by its type and the member that belongs to it.
 *
 * @param members the sequence number, under the name the operation gives it, and seconds since the epoch
 * Throws `AwsError` InvalidArgumentException when that member is missing.
 */
export function requestedPosition(
  type: Position['type'],
  { Timestamp, ...sequence }: Readonly<Record<string, string | number | undefined>>,
): Position {
  if (type === 'TRIM_HORIZON' || type === 'LATEST') return { type };
  if (type === 'AT_TIMESTAMP') {
    if (Timestamp === undefined) throw missing('Timestamp', type);
    return { type, timestamp: Math.round(Number(Timestamp) * 1000) };
  }
  const [[name = '', sequenceNumber] = []] = Object.entries(sequence);
  if (sequenceNumber === undefined) throw missing(name, type);

  return { type, sequenceNumber: String(sequenceNumber) };
}

function missing(parameter: string, type: string): AwsError {
  return new AwsError('InvalidArgumentException', `Must specify parameter ${parameter} for iterator type ${type}.`);
}

/** The counter of the record that is read first from a position. Throws `AwsError` InvalidArgumentException. */
export async function counterOf(stream: Stream, shard: Shard, position: Position): Promise<number> {
  switch (position.type) {
    case 'TRIM_HORIZON':
      return shard.log.counterAt(stream.horizon);
    case 'LATEST':
      return shard.log.next;
    case 'AT_TIMESTAMP':
      return atTimestamp(stream, shard, position.timestamp);
    case 'AT_SEQUENCE_NUMBER':
      return Math.max(1, counterIn(stream, shard, position.sequenceNumber));
    case 'AFTER_SEQUENCE_NUMBER':
      return counterIn(stream, shard, position.sequenceNumber) + 1;
  }
}

async function atTimestamp(stream: Stream, shard: Shard, timestamp: number): Promise<number> {
  if (timestamp > stream.now()) {
    throw new AwsError(
      'InvalidArgumentException',
      `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ${timestamp}, currentTimestampInMillis: ${stream.now()}`,
    );
  }

  return shard.log.counterAt(timestamp);
}

function counterIn(stream: Stream, shard: Shard, sequenceNumber: string): number {
  const parts = parseSequenceNumber(sequenceNumber);
  const isOurs =
    parts !== undefined &&
    parts.shardIndex === shard.state.index &&
    parts.shardCreated === shard.state.created &&
    parts.counter <= shard.log.next;
  if (isOurs) return parts.counter;

  const reason = parts === undefined ? 'is invalid' : 'is invalid because it did not come from this stream';
  throw new AwsError(
    'InvalidArgumentException',
    `StartingSequenceNumber ${sequenceNumber} used in GetShardIterator on shard ${shard.id} in stream ${stream.name} under account ${ACCOUNT} ${reason}.`,
  );
}
