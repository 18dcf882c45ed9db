import type { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { CompressionTypes } from 'kafkajs';

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** kafkajs reads records that are plain or gzip; Node knows zstd. */
export function addCodecs(): void {
  const { CompressionCodecs } = createRequire(import.meta.url)('kafkajs') as {
    CompressionCodecs: Record<number, () => Codec>;
  };
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: (encoder) => compress(encoder.buffer),
    decompress,
  });
}
