import type { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { CompressionTypes } from 'kafkajs';

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

/** kafkajs reads records that are plain or gzip; Node knows zstd, from 22.15 on. */
export function addCodecs(): void {
  if (!('zstdDecompress' in zlib)) return;
  const [compress, decompress] = [promisify(zlib.zstdCompress), promisify(zlib.zstdDecompress)];
  const { CompressionCodecs } = createRequire(import.meta.url)('kafkajs') as {
    CompressionCodecs: Record<number, () => Codec>;
  };
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: (encoder) => compress(encoder.buffer),
    decompress,
  });
}
