import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import { zstdCompressSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CompressionTypes } from 'kafkajs';
import { addCodecs } from '../../../local/kafka/codecs.ts';

const load = createRequire(import.meta.url);
const { CompressionCodecs } = load('kafkajs') as {
  CompressionCodecs: Record<number, () => { decompress(packed: Buffer): Promise<Buffer> }>;
};
addCodecs();
type Compress = (bytes: Uint8Array) => Uint8Array;
const snappyjs = load('snappyjs') as { compress: Compress };
const lz4js = load('lz4js') as { compress: Compress };
const unpacked = (type: CompressionTypes, packed: Uint8Array) =>
  CompressionCodecs[type]?.().decompress(Buffer.from(packed));

/** As Java's producers write Snappy: a sign, two versions, and pieces behind their lengths. */
function framed(bytes: Buffer, most: number): Buffer {
  const parts: Uint8Array[] = [Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])];
  for (let at = 0; at < bytes.length; at += most) {
    const piece = snappyjs.compress(bytes.subarray(at, at + most));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(piece.length);
    parts.push(length, piece);
  }

  return Buffer.concat(parts);
}

/** What an LZ4 frame looks like whose producer does not know how long it will be, with a block that is not compressed. */
function stored(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE((bytes.length | 0x80000000) >>> 0);

  return Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]), length, bytes, Buffer.alloc(4)]);
}

test.each<[string, CompressionTypes, (bytes: Buffer) => Uint8Array]>([
  ['zstd', CompressionTypes.ZSTD, zstdCompressSync],
  ['Snappy in one piece', CompressionTypes.Snappy, (bytes) => snappyjs.compress(bytes)],
  ['Snappy in pieces', CompressionTypes.Snappy, (bytes) => framed(bytes, 100)],
  ['LZ4', CompressionTypes.LZ4, (bytes) => lz4js.compress(bytes)],
])('records of %s are read', async (_, type, pack) => {
  const repeating = fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat({ max: 20 }))
    .map(([bytes, times]) => Buffer.concat(Array.from({ length: times + 1 }, () => bytes)));
  await fc.assert(
    fc.asyncProperty(repeating, async (bytes) => {
      expect((await unpacked(type, pack(bytes)))?.equals(bytes)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('a block that an LZ4 producer has left as it was is read', async () => {
  expect(String(await unpacked(CompressionTypes.LZ4, stored(Buffer.from('a record'))))).toBe('a record');
});
