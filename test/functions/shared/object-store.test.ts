import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { objectStore } from '../../../functions/shared/object-store.ts';
import { createObjectStore } from '../../../local/store/object-store.ts';
import { type Endpoint, endpoint } from '../../conformance/endpoint.ts';

const BUCKET = 'errors';
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

test('objects are listed by prefix in pages, each once', async () => {
  for (const key of ['p1/S-1/1-a.json', 'p1/S-1/2-b.json', 'p1/S-2/3-c.json', 'p2/S-1/4-d.json']) await put(key, key);
  const store = objectStore(BUCKET);
  const first = await store.list({ prefix: 'p1/', limit: 2 });
  const second = await store.list({ prefix: 'p1/', limit: 2, next: first.next ?? '' });

  expect(first.items).toMatchObject([
    { key: 'p1/S-1/1-a.json', bytes: 15 },
    { key: 'p1/S-1/2-b.json', bytes: 15 },
  ]);
  expect(second).toMatchObject({ items: [{ key: 'p1/S-2/3-c.json', bytes: 15 }] });
  expect(aws.asked.at(-1)).toEqual({ action: 's3:ListBucket', resource: 'arn:aws:s3:::errors' });
});

test.each([
  'plain/key.json',
  'with space & <tag> "quotes"',
  'ümläut/😀',
  "it's (a) key! *",
  'a+b%20c',
  '1;2=3,4:5@6$7',
])('an object is found again by its key %j, byte for byte', async (key) => {
  const body = Buffer.from([0xff, 0x00, 0x80, 0x0a]);
  await put(key, body);
  const store = objectStore(BUCKET);

  expect((await store.get(key))?.equals(body)).toBe(true);
  expect((await store.list({ prefix: key, limit: 1 })).items).toEqual([
    { key, bytes: 4, etag: '"93ee79c92c4a0433067f3d5c582c46aa"', modified: expect.any(Number) },
  ]);
  expect(aws.asked.at(-2)).toEqual({ action: 's3:GetObject', resource: `arn:aws:s3:::errors/${key}` });
});

test('a list begins behind a key, and what is removed is not in it; removing it again is no fault', async () => {
  for (const key of ['r/1', 'r/2 ü', 'r/3']) await put(key, key);
  const store = objectStore(BUCKET);
  await store.remove('r/2 ü');
  await store.remove('r/2 ü');

  expect((await store.list({ prefix: 'r/', limit: 9, after: 'r/1' })).items).toMatchObject([{ key: 'r/3', bytes: 3 }]);
  expect(aws.asked.at(-2)).toEqual({ action: 's3:DeleteObject', resource: 'arn:aws:s3:::errors/r/2 ü' });
});

test('an object that is not there is undefined, a bucket that is not there an error', async () => {
  expect(await objectStore(BUCKET).get('none')).toBeUndefined();
  await expect(objectStore('other').list({ prefix: '', limit: 1 })).rejects.toMatchObject({ name: 'NoSuchBucket' });
});

test('what the role does not allow is refused in the words of S3', async () => {
  aws.denied.add('s3:GetObject');

  await expect(objectStore(BUCKET).get('p1/S-1/1-a.json')).rejects.toMatchObject({
    name: 'AccessDenied',
    status: 403,
    message: expect.stringContaining('not authorized to perform: s3:GetObject'),
  });
});

test('a token of another list is refused', async () => {
  await expect(objectStore(BUCKET).list({ prefix: '', limit: 1, next: 'abc' })).rejects.toMatchObject({
    name: 'InvalidArgument',
  });
});

test.each(['?acl', '/key?versionId=1', '?list-type=1', ''])(
  'other operations (GET /bucket%s) are named as not served',
  async (rest) => {
    const { authorization } = { authorization: 'AWS4-HMAC-SHA256 Credential=A/20261124/us-east-1/s3/aws4_request' };
    const answer = await fetch(`${aws.url}/${BUCKET}${rest}`, {
      headers: { authorization, 'x-amz-security-token': 'token' },
    });

    expect([answer.status, await answer.text()]).toEqual([501, expect.stringContaining('<Code>NotImplemented</Code>')]);
  },
);
