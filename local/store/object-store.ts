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
    async list(bucket, prefix = '') {
      const folder = folderOf(bucket);

      return filesOf(folder, '')
        .map(keyOf)
        .filter((key) => key.startsWith(prefix))
        .sort();
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

function keyOf(path: string): string {
  return path
    .slice(0, -1)
    .split('/')
    .map((part) => (part === EMPTY_PART ? '' : decodeURIComponent(part)))
    .join('/');
}

function filesOf(root: string, folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesOf(root, path);

    return entry.name.endsWith('~') ? [path] : [];
  });
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
