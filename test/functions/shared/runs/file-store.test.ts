import { writeFileSync } from 'node:fs';
import { mkdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { FileObject } from '../../../../core/fdi/run-file-done.ts';
import { fileStore } from '../../../../functions/shared/runs/file-store.ts';
import { createObjectStore } from '../../../../local/store/object-store.ts';
import { type Endpoint, endpoint } from '../../../conformance/endpoint.ts';

const BUCKET = 'drop';
let aws: Endpoint;

beforeAll(async () => {
  aws = await endpoint({ store: createObjectStore });
  const { accessKeyId, secretAccessKey, sessionToken } = aws.client.credentials;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: aws.url,
    AWS_REGION: aws.client.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  });
  await aws.host.engines.store.applyBucket(BUCKET);
});

afterAll(() => aws?.stop());
afterEach(() => aws.denied.clear());

const put = (key: string, body: Buffer | string) => aws.host.engines.store.put(BUCKET, key, body);
const get = async (key: string) => (await aws.host.engines.store.get(BUCKET, key)).toString();

async function all(objects: AsyncIterable<FileObject>): Promise<FileObject[]> {
  const found: FileObject[] = [];
  for await (const object of objects) found.push(object);

  return found;
}

async function objectOf(key: string): Promise<FileObject> {
  const [object] = await all(fileStore(BUCKET).list(key));

  return object as FileObject;
}

async function bytesOf(object: FileObject, from: number): Promise<Buffer> {
  const file = await fileStore(BUCKET).open(object, from);
  const pieces: Buffer[] = [];
  for (let piece = await file.next(); piece !== undefined; piece = await file.next()) pieces.push(piece);
  expect(await file.next()).toBeUndefined();
  await file.close();

  return Buffer.concat(pieces);
}

test('objects are listed with what tells one from another', async () => {
  for (const key of ['l/b', 'l/a', 'm/c']) await put(key, key);

  expect(await all(fileStore(BUCKET).list('l/'))).toEqual([
    { key: 'l/a', bytes: 3, etag: expect.stringMatching(/^"\w{32}"$/), modified: expect.any(Number) },
    { key: 'l/b', bytes: 3, etag: expect.stringMatching(/^"\w{32}"$/), modified: expect.any(Number) },
  ]);
  expect((await all(fileStore(BUCKET).list('l/', 'l/a'))).map(({ key }) => key)).toEqual(['l/b']);
});

test.each(['large.bin', 'large.bin.gz'])(
  '%s is read piece by piece, from anywhere on',
  async (key) => {
    const bytes = Buffer.alloc(5_500_000, Buffer.from(Array.from({ length: 7919 }, (_, at) => at % 251)));
    await put(key, key.endsWith('.gz') ? gzipSync(bytes) : bytes);
    const object = await objectOf(key);

    for (const from of [0, 300_000, bytes.length]) {
      expect((await bytesOf(object, from)).equals(bytes.subarray(from))).toBe(true);
    }
  },
  30_000,
);

test('of an object that was written anew or taken away nothing is read, moved or removed', async () => {
  await put('c/a', 'one');
  await put('c/gone', 'one');
  const [old, gone] = [await objectOf('c/a'), await objectOf('c/gone')];
  await put('c/a', 'two');
  await aws.host.engines.store.delete(BUCKET, 'c/gone');
  const store = fileStore(BUCKET);

  await expect(bytesOf(old, 0)).rejects.toMatchObject({ name: 'FileChanged' });
  await expect(bytesOf(gone, 0)).rejects.toMatchObject({ name: 'FileChanged' });
  await store.move(old, 'done/a');
  await store.remove(old);
  await store.remove(gone);
  expect([await get('c/a'), await aws.host.engines.store.list(BUCKET, 'done/')]).toEqual(['two', []]);
});

test('an object is moved under another key, with the rights that takes', async () => {
  await put('in/ü & 1', 'body');
  await fileStore(BUCKET).move(await objectOf('in/ü & 1'), 'done/ü & 1');

  expect([await get('done/ü & 1'), await aws.host.engines.store.list(BUCKET, 'in/')]).toEqual(['body', []]);
  expect(aws.asked.slice(-4).map(({ action }) => action)).toEqual([
    ...['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:GetObject'],
  ]);
});

test('what is no gzip, or half of one, is refused by name', async () => {
  await put('half.gz', gzipSync(Buffer.alloc(1_000_000, 'ab')).subarray(0, 200));
  await put('none.gz', 'plain');

  await expect(bytesOf(await objectOf('half.gz'), 0)).rejects.toMatchObject({ name: 'FileRefused' });
  await expect(bytesOf(await objectOf('none.gz'), 0)).rejects.toMatchObject({ name: 'FileRefused' });
});

test('an empty file is read without a request', async () => {
  await put('empty', '');

  expect(await bytesOf(await objectOf('empty'), 0)).toHaveLength(0);
});

test('what the role does not allow is lasting, what S3 cannot do now is passing', async () => {
  const store = fileStore(BUCKET);
  await put('denied', 'x');
  const object = await objectOf('denied');
  aws.denied.add('s3:GetObject');
  const error = await bytesOf(object, 0).catch((caught: unknown) => caught);

  expect(store.faultOf(error)).toMatchObject({ kind: 'lasting', message: expect.stringContaining('AccessDenied') });
});

test('a file that a person copies into the folder is an object once it rests, under its own name, as of then', async () => {
  const folder = join(aws.host.state, 'store', BUCKET, 'hand', 'my folder 50%');
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'Ä list.csv');
  const before = Date.now();
  writeFileSync(path, 'id\n1\n');
  await utimes(path, 0, 0);
  writeFileSync(join(folder, '.hidden'), 'x');

  expect(await all(fileStore(BUCKET).list('hand/'))).toEqual([]);
  await delay(1100);

  const [object, ...others] = await all(fileStore(BUCKET).list('hand/'));
  expect([object?.key, others]).toEqual(['hand/my folder 50%/Ä list.csv', []]);
  expect(object?.modified).toBeGreaterThanOrEqual(before - 1000);
  expect((await bytesOf(object as FileObject, 3)).toString()).toBe('1\n');
  await fileStore(BUCKET).move(object as FileObject, 'done/list.csv');
  expect(await all(fileStore(BUCKET).list('hand/'))).toEqual([]);
});
