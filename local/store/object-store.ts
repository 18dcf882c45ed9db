import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EngineHost, ObjectStore } from '../engines.ts';
import { AwsError } from '../errors.ts';
import { findDropped, isAtRest, isDroppedName } from './dropped-files.ts';
import { s3Service } from './s3-service.ts';

/** Ref: AmazonS3/latest/userguide/bucketnamingrules and object-keys */
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const MAX_KEY_BYTES = 1024;
/** No file name is longer on the file systems this runs on. */
const MAX_NAME_CHARACTERS = 200;

/** Two slashes in a row; no other part comes out as a lone percent sign. */
const EMPTY_PART = '%';

/**
 * Buckets as folders, objects as files, under `<state>/store/<bucket>/`: a person can look into them, and copy files there, which are objects of
 * their names then.
 */
export function createObjectStore({ state }: Pick<EngineHost, 'state'>): ObjectStore {
  const root = join(state, 'store');
  /** Of each file as it was when it was last asked for: to sum a large one up takes as long as to read it. */
  const etags = new Map<string, { readonly of: string; readonly etag: string }>();
  const folderOf = (bucket: string): string => {
    const folder = join(root, bucket);
    if (!BUCKET_NAME.test(bucket) || !existsSync(folder)) {
      throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: bucket });
    }
    return folder;
  };

  const fileOf = (bucket: string, key: string): string => {
    const folder = folderOf(bucket);
    const path = findDropped(folder, key, safeName) ?? join(folder, pathOf(key));
    if (!existsSync(path)) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404, { Key: key });

    return path;
  };

  /** The newer one of a key is the only one. */
  const removeDropped = (bucket: string, key: string): void => {
    const dropped = findDropped(folderOf(bucket), key, safeName);
    if (dropped !== undefined) rmSync(dropped, { force: true });
  };

  const etagOf = async (path: string, of: string): Promise<string> => {
    const known = etags.get(path);
    if (known?.of === of) return known.etag;
    const md5 = createHash('md5');
    for await (const piece of createReadStream(path)) md5.update(piece as Buffer);
    const etag = `"${md5.digest('hex')}"`;
    etags.set(path, { of, etag });

    return etag;
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
      removeDropped(bucket, key);
    },
    async get(bucket, key) {
      return readFile(fileOf(bucket, key));
    },
    async details(bucket, key) {
      const path = fileOf(bucket, key);
      const { size, mtimeMs, ctimeMs, ino } = await stat(path);
      // Copied files may keep an old time; S3 knows when they came.
      const modified = new Date(path.endsWith('~') ? mtimeMs : ctimeMs);

      return { bytes: size, modified, etag: await etagOf(path, `${ino} ${size} ${mtimeMs} ${ctimeMs}`) };
    },
    async piece(bucket, key, from, to) {
      const file = await open(fileOf(bucket, key));
      try {
        const bytes = Buffer.alloc(to - from + 1);
        const { bytesRead } = await file.read(bytes, 0, bytes.length, from);

        return bytes.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    },
    async delete(bucket, key) {
      removeDropped(bucket, key);
      etags.delete(join(folderOf(bucket), pathOf(key)));
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
    const { name } = entry;
    if (entry.isDirectory()) {
      // With its slash, a folder stands among the files where its keys do.
      return [{ entry: name, key: `${base}${partOf(name)}/`, isFolder: true }];
    }
    if (name.endsWith('~')) return [{ entry: name, key: `${base}${partOf(name.slice(0, -1))}`, isFolder: false }];

    return isDroppedName(name) && isAtRest(join(folder, name))
      ? [{ entry: name, key: `${base}${name}`, isFolder: false }]
      : [];
  });
  entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  let last: string | undefined;
  for (const { entry, key, isFolder } of entries) {
    if (isFolder && mayHold(key, range)) yield* keysOf(join(folder, entry), key, range);
    if (!isFolder && key !== last && key.startsWith(range.prefix) && key > range.after) yield key;
    last = key;
  }
}

function mayHold(folder: string, { prefix, after }: Range): boolean {
  const inPrefix = folder.startsWith(prefix) || prefix.startsWith(folder);

  return inPrefix && (folder > after || after.startsWith(folder));
}

/** A person's folder may have a name that the store would have written otherwise: then it is what it says. */
function partOf(name: string): string {
  if (name === EMPTY_PART) return '';
  try {
    const part = decodeURIComponent(name);

    return safeName(part) === name ? part : name;
  } catch {
    return name;
  }
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
