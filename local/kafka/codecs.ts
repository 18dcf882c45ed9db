import type { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { CompressionTypes } from 'kafkajs';

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

/** Records that are compressed in a way that is not read here; AWS reads them. */
export class UnreadableCodec extends Error {
  /** By which kafkajs knows that trying again changes nothing. */
  override readonly name = 'KafkaJSNotImplemented';

  constructor(codec: string) {
    super(
      `The topic has records that are compressed with ${codec}, which is read on AWS and not on this machine: let the producer use gzip, zstd or none while you develop, and delete the topic or set the task behind them ("causeway task reset").`,
    );
  }
}

/**
 * kafkajs reads records that are plain or gzip; Node knows zstd, from 22.15 on. Of Snappy and LZ4 no codec was found that is kept, has types
 * and needs no compiler: they are refused by name.
 */
export function addCodecs(): void {
  const { CompressionCodecs } = createRequire(import.meta.url)('kafkajs') as {
    CompressionCodecs: Record<number, () => Codec>;
  };
  CompressionCodecs[CompressionTypes.Snappy] = unread('Snappy');
  CompressionCodecs[CompressionTypes.LZ4] = unread('LZ4');
  if (!('zstdDecompress' in zlib)) {
    CompressionCodecs[CompressionTypes.ZSTD] = unread('zstd, which Node reads from 22.15 on');
    return;
  }
  const [compress, decompress] = [promisify(zlib.zstdCompress), promisify(zlib.zstdDecompress)];
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: (encoder) => compress(encoder.buffer),
    decompress,
  });
}

function unread(name: string): () => Codec {
  return () => {
    throw new UnreadableCodec(name);
  };
}
