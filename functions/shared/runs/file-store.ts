import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { FileObject } from '../../../core/fdi/run-file-done.ts';
import { type FileBytes, FileRefused } from '../../../core/fdi/run-file-records.ts';
import { FileChanged, type FileStore } from '../../../core/fdi/run-file-store.ts';
import type { RunFault } from '../../../core/fdi/run-ports.ts';
import { AwsRequestFailed } from '../aws-request.ts';
import { objectStore } from '../object-store.ts';
import { checkCopied, s3Path, s3Request } from '../s3-request.ts';

/** The first piece tells what there is to know of a file's beginning; the others are large, since each is a request. */
const FIRST_BYTES = 256 * 1024;
const PIECE_BYTES = 4 * 1024 * 1024;
const PIECE_MS = 30_000;
/** S3 copies up to 5 GB in one request. */
const COPY_MS = 300_000;
const PACKED = /\.gz$/i;
const LIST_PAGE = 1000;

/** Files of a bucket, read piece by piece: memory stays flat, however large they are. */
export function fileStore(bucket: string): FileStore {
  const objects = objectStore(bucket);

  return {
    async *list(prefix, after) {
      let next: string | undefined;
      do {
        const page = await objects.list({
          ...{ prefix, limit: LIST_PAGE },
          ...(next === undefined ? after !== undefined && { after } : { next }),
        });
        yield* page.items;
        next = page.next;
      } while (next !== undefined);
    },

    async open(object, byte) {
      return PACKED.test(object.key) ? unpacked(pieces(bucket, object, 0), byte) : plain(pieces(bucket, object, byte));
    },

    async move(object, key) {
      const source = `/${bucket}/${s3Path(object.key)}`;
      await whileSame(async () => {
        const copied = await s3Request({
          ...{ method: 'PUT', bucket, key, attemptMs: COPY_MS },
          headers: { 'x-amz-copy-source': source, 'x-amz-copy-source-if-match': object.etag },
        });
        checkCopied(copied);
        await remove(object);
      });
    },

    remove: (object) => whileSame(() => remove(object)),

    faultOf,
  };

  /** Ref: AmazonS3/latest/userguide/conditional-deletes: what was written anew meanwhile stays. */
  async function remove({ key, etag }: FileObject): Promise<void> {
    await s3Request({ method: 'DELETE', bucket, key, headers: { 'if-match': etag } });
  }
}

async function* pieces(bucket: string, object: FileObject, from: number): AsyncGenerator<Buffer> {
  const { key, etag, bytes } = object;
  for (let at = from, size = FIRST_BYTES; at < bytes; at += size, size = PIECE_BYTES) {
    const last = Math.min(at + size, bytes) - 1;
    try {
      const headers = { 'if-match': etag, range: `bytes=${at}-${last}` };
      yield (await s3Request({ method: 'GET', bucket, key, headers, attemptMs: PIECE_MS })).bytes;
    } catch (error) {
      if (isOther(error) || (isDenied(error) && !(await isThere(bucket, key)))) {
        throw new FileChanged(`${key} is not what it was`, { cause: error });
      }
      throw error;
    }
  }
}

function plain(source: AsyncGenerator<Buffer>): FileBytes {
  return {
    async next() {
      const { value, done } = await source.next();

      return done === true ? undefined : value;
    },
    async close() {
      await source.return(undefined);
    },
  };
}

/** There is no way into the middle of what is packed: it is unpacked from its beginning. @param byte of what it holds */
function unpacked(source: AsyncGenerator<Buffer>, byte: number): FileBytes {
  const gunzip = createGunzip({ chunkSize: FIRST_BYTES });
  // What goes wrong on either side is met where the other end is read.
  pipeline(Readable.from(source), gunzip).catch(() => undefined);
  const chunks = gunzip[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let left = byte;

  return {
    async next() {
      for (;;) {
        const { value, done } = await chunks.next().catch((error: unknown) => {
          throw asRefusal(error);
        });
        if (done === true) {
          return undefined;
        }
        const skipped = Math.min(left, value.length);
        left -= skipped;
        if (skipped < value.length) {
          return value.subarray(skipped);
        }
      }
    },
    async close() {
      gunzip.destroy();
      await source.return(undefined);
    },
  };
}

function asRefusal(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: string };

  return typeof code === 'string' && code.startsWith('Z_')
    ? new FileRefused(`it is no whole gzip file (${message})`)
    : error;
}

/** Not there any more, or another one: whoever did that does not want it to go. */
async function whileSame(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isOther(error)) {
      throw error;
    }
  }
}

/** S3 tells who may list only a prefix that what is not there is forbidden. Ref: AmazonS3/latest/API/API_GetObject */
function isDenied(error: unknown): boolean {
  return error instanceof AwsRequestFailed && error.name === 'AccessDenied';
}

async function isThere(bucket: string, key: string): Promise<boolean> {
  const { items } = await objectStore(bucket).list({ prefix: key, limit: 1 });

  return items[0]?.key === key;
}

function isOther(error: unknown): boolean {
  return (
    error instanceof AwsRequestFailed &&
    ['PreconditionFailed', 'NoSuchKey', 'InvalidRange', '412', '404'].includes(error.name)
  );
}

function faultOf(error: unknown): RunFault {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof AwsRequestFailed)) {
    return { kind: error instanceof FileChanged ? 'passing' : 'lasting', message };
  }
  if (error.status === 0 || error.status >= 500 || error.name === 'SlowDown') {
    return { kind: 'passing', message: `the bucket does not answer now: ${message}` };
  }

  return { kind: 'lasting', message: `the bucket refuses it (${error.name}): ${message}` };
}
