import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';

/**
 * One record on disk, little endian:
 *
 *     length u32 | crc u32 | arrival ms u48 | counter u48 | key length u16 | partition key (UTF-8) | data
 *
 * `length` counts what follows the crc, and the crc covers the same bytes: a record torn by a crash does not pass.
 */
export interface StoredRecord {
  /** Place in the shard, from 1, without gaps. */
  readonly counter: number;
  /** Milliseconds since the epoch; never smaller than the record's before it. */
  readonly arrived: number;
  readonly partitionKey: string;
  readonly data: Buffer;
}

const FRAME_BYTES = 8;
const BODY_BYTES = 14;
/** What a record costs on disk besides key and data. */
export const OVERHEAD_BYTES = FRAME_BYTES + BODY_BYTES;

export function encodeRecord(record: StoredRecord): Buffer {
  const keyBytes = Buffer.byteLength(record.partitionKey);
  const length = BODY_BYTES + keyBytes + record.data.length;
  const buffer = Buffer.allocUnsafe(FRAME_BYTES + length);
  buffer.writeUInt32LE(length, 0);
  buffer.writeUIntLE(record.arrived, 8, 6);
  buffer.writeUIntLE(record.counter, 14, 6);
  buffer.writeUInt16LE(keyBytes, 20);
  buffer.write(record.partitionKey, OVERHEAD_BYTES, 'utf8');
  record.data.copy(buffer, OVERHEAD_BYTES + keyBytes);
  buffer.writeUInt32LE(crc32(buffer.subarray(FRAME_BYTES)), 4);

  return buffer;
}

/** The bytes of the whole record at `offset`, or undefined when not even its length is there. */
export function recordBytes(buffer: Buffer, offset: number): number | undefined {
  return offset + 4 <= buffer.length ? FRAME_BYTES + buffer.readUInt32LE(offset) : undefined;
}

/** A whole record is there: its place and time, without touching key and data. */
export function recordHead(buffer: Buffer, offset: number): { counter: number; arrived: number } {
  return { arrived: buffer.readUIntLE(offset + 8, 6), counter: buffer.readUIntLE(offset + 14, 6) };
}

/** A whole record is there; `data` is a view of `buffer`. */
export function decodeRecord(buffer: Buffer, offset: number, bytes: number): StoredRecord {
  const keyEnd = offset + OVERHEAD_BYTES + buffer.readUInt16LE(offset + 20);

  return {
    ...recordHead(buffer, offset),
    partitionKey: buffer.toString('utf8', offset + OVERHEAD_BYTES, keyEnd),
    data: buffer.subarray(keyEnd, offset + bytes),
  };
}

/** True when the record at `offset` is whole and unharmed. */
export function isSound(buffer: Buffer, offset: number): boolean {
  const bytes = recordBytes(buffer, offset);
  if (bytes === undefined || bytes < OVERHEAD_BYTES || offset + bytes > buffer.length) return false;

  return crc32(buffer.subarray(offset + FRAME_BYTES, offset + bytes)) === buffer.readUInt32LE(offset + 4);
}

/** What counts against a shard's limits: the data and the partition key. */
export function sizeOf(record: Pick<StoredRecord, 'data' | 'partitionKey'>): number {
  return record.data.length + Buffer.byteLength(record.partitionKey);
}
