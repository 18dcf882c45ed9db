import { Buffer } from 'node:buffer';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EngineHost, ObjectStore } from '../engines.ts';
import { AwsError } from '../errors.ts';
import { s3Service } from './s3-service.ts';

/** Ref: AmazonS3/latest/userguide/bucketnamingrules and object-keys */
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const MAX_KEY_BYTES = 1024;
/** No file name is longer on the file systems this runs on. */
const MAX_NAME_CHARACTERS = 200;

/** Two slashes in a row; no other part comes out as a lone percent sign. */
const EMPTY_PART = '%';

/** Buckets as folders, objects as files, under `<state>/store/<bucket>/`: a person can look into them. */
export function createObjectStore({ state }: Pick<EngineHost, 'state'>): ObjectStore {
  const root = join(state, 'store');
  const folderOf = (bucket: string): string => {
    const folder = join(root, bucket);
    if (!BUCKET_NAME.test(bucket) || !existsSync(folder)) {
      throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: bucket });
    }
    return folder;
  };

  const fileOf = (bucket: string, key: string): string => {
    const path = join(folderOf(bucket), pathOf(key));
    if (!existsSync(path)) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404, { Key: key });

    return path;
  };

  const store: ObjectStore = {
    get services() {
      return [s3Service(store)];
    },
    async applyBucket(name) {
      if (!BUCKET_NAME.test(name))
        throw new AwsError('InvalidBucketName', `The specified bucket is not valid: ${name}`);
      mkdirSync(join(root, name), { recursive: true });
    },
    async removeBucket(name) {
      rmSync(folderOf(name), { recursive: true });
    },
    async put(bucket, key, body) {
      const folder = folderOf(bucket);
      if (key === '' || Buffer.byteLength(key) > MAX_KEY_BYTES) {
        throw new AwsError('KeyTooLongError', `A key has 1 to ${MAX_KEY_BYTES} bytes`);
      }
      const path = join(folder, pathOf(key));
      mkdirSync(dirname(path), { recursive: true });
      await writeSynced(path, body);
    },
    async get(bucket, key) {
      return readFile(fileOf(bucket, key));
    },
    async details(bucket, key) {
      const { size, mtime } = await stat(fileOf(bucket, key));

      return { bytes: size, modified: mtime };
    },
    async delete(bucket, key) {
      rmSync(join(folderOf(bucket), pathOf(key)), { force: true });
    },
    async list(bucket, prefix = '', { after = '', limit = Number.POSITIVE_INFINITY } = {}) {
      const keys: string[] = [];
      for (const key of keysOf(folderOf(bucket), '', { prefix, after })) {
        if (keys.length >= limit) break;
        keys.push(key);
      }

      return keys;
    },
    async start() {},
    async stop() {},
  };

  return store;
}

/**
 * A key's `/` makes folders; every other character that a file name cannot hold safely (a device may choose part of a
 * key) is written as in a URL, so that no key leads out of its bucket. An object's file ends with `~`: a key may be
 * the beginning of another's path.
 */
function pathOf(key: string): string {
  const parts = key.split('/').map(safeName);
  const long = parts.find((part) => part.length > MAX_NAME_CHARACTERS);
  if (long !== undefined) {
    throw new AwsError('KeyTooLongError', `A part of a key has at most ${MAX_NAME_CHARACTERS} characters here`);
  }
  return `${parts.join('/')}~`;
}

function safeName(part: string): string {
  if (part === '') return EMPTY_PART;

  return encodeURIComponent(part.toWellFormed())
    .replaceAll('~', '%7E')
    .replace(/^\.+$/, (dots) => '%2E'.repeat(dots.length));
}

interface Range {
  readonly prefix: string;
  readonly after: string;
}

/** In the order of the keys. Folders that can hold none of the range are not read: a bucket may have a hundred thousand objects. */
function* keysOf(folder: string, base: string, range: Range): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const isFolder = entry.isDirectory();
    if (!isFolder && !entry.name.endsWith('~')) return [];
    const name = isFolder ? entry.name : entry.name.slice(0, -1);

    // With its slash, a folder stands among the files where its keys do.
    return [{ entry: entry.name, key: `${base}${partOf(name)}${isFolder ? '/' : ''}`, isFolder }];
  });
  entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { entry, key, isFolder } of entries) {
    if (isFolder && mayHold(key, range)) yield* keysOf(join(folder, entry), key, range);
    if (!isFolder && key.startsWith(range.prefix) && key > range.after) yield key;
  }
}

function mayHold(folder: string, { prefix, after }: Range): boolean {
  const inPrefix = folder.startsWith(prefix) || prefix.startsWith(folder);

  return inPrefix && (folder > after || after.startsWith(folder));
}

function partOf(name: string): string {
  return name === EMPTY_PART ? '' : decodeURIComponent(name);
}

async function writeSynced(path: string, body: Buffer | string): Promise<void> {
  const aside = `${path}.${process.hrtime.bigint()}.new`;
  const file = await open(aside, 'w', 0o600);
  try {
    await file.writeFile(body);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
}
