import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { CompressionTypes } from 'kafkajs';

/** As kafkajs wants one; nothing is produced here. */
interface Codec {
  decompress(packed: Buffer): Promise<Buffer>;
}

/** Records that are compressed in a way that this Node does not read; AWS reads them. */
export class UnreadableCodec extends Error {
  /** By which kafkajs knows that trying again changes nothing. */
  override readonly name = 'KafkaJSNotImplemented';

  constructor(codec: string) {
    super(
      `The topic has records that are compressed with ${codec}, which is read on AWS and not on this machine: run Node 22.15 or newer, or let the producer use another codec while you develop, and delete the topic or set the task behind them ("causeway task reset").`,
    );
  }
}

/** Of packages without types; what they are given and answer. */
type Unpack = (packed: Uint8Array) => Uint8Array;

const load = createRequire(import.meta.url);

/** How Java's producers, and those who follow them, begin what is compressed with Snappy: pieces, each behind its length. Others write one piece bare. */
const FRAMED = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0]);
/** The sign and two versions. */
const FRAME_HEAD = 16;

/**
 * kafkajs reads records that are plain or gzip; Node knows zstd, from 22.15 on. Snappy and LZ4 are read in plain JavaScript, loaded when the
 * first such record comes: what is compiled would not run everywhere, and a machine to develop on has no records to spare it for.
 */
export function addCodecs(): void {
  const { CompressionCodecs } = load('kafkajs') as {
    CompressionCodecs: Record<number, () => Codec>;
  };
  CompressionCodecs[CompressionTypes.Snappy] = () => ({ decompress: snappy });
  CompressionCodecs[CompressionTypes.LZ4] = () => ({ decompress: lz4 });
  CompressionCodecs[CompressionTypes.ZSTD] = () => {
    if (!('zstdDecompress' in zlib)) throw new UnreadableCodec('zstd');

    return { decompress: promisify(zlib.zstdDecompress) };
  };
}

async function snappy(packed: Buffer): Promise<Buffer> {
  const { uncompress } = load('snappyjs') as { readonly uncompress: Unpack };

  return Buffer.concat(piecesOf(packed).map((piece) => uncompress(piece)));
}

function piecesOf(packed: Buffer): readonly Buffer[] {
  if (!packed.subarray(0, FRAMED.length).equals(FRAMED)) return [packed];
  const pieces: Buffer[] = [];
  for (let at = FRAME_HEAD; at < packed.length; ) {
    const end = at + 4 + packed.readUInt32BE(at);
    pieces.push(packed.subarray(at + 4, end));
    at = end;
  }

  return pieces;
}

async function lz4(packed: Buffer): Promise<Buffer> {
  const { decompress } = load('lz4js') as { readonly decompress: Unpack };
  const { buffer, byteOffset, byteLength } = decompress(packed);

  return Buffer.from(buffer, byteOffset, byteLength);
}
