import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { CompressionTypes } from 'kafkajs';
import { addCodecs } from '../../../local/kafka/codecs.ts';

const { CompressionCodecs } = createRequire(import.meta.url)('kafkajs') as {
  CompressionCodecs: Record<
    number,
    () => { compress(encoder: { buffer: Buffer }): Promise<Buffer>; decompress(buffer: Buffer): Promise<Buffer> }
  >;
};

test('records of zstd are read', async () => {
  addCodecs();
  const codec = CompressionCodecs[CompressionTypes.ZSTD]?.();
  const packed = await codec?.compress({ buffer: Buffer.from('a record') });

  expect((await codec?.decompress(packed ?? Buffer.alloc(0)))?.toString()).toBe('a record');
});

test.each([
  ['Snappy', CompressionTypes.Snappy],
  ['LZ4', CompressionTypes.LZ4],
])('records of %s are refused by the name of the codec, with what to do', (name, type) => {
  addCodecs();

  expect(() => CompressionCodecs[type]?.()).toThrow(new RegExp(`compressed with ${name}.*gzip, zstd or none`));
});
