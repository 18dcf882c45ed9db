import { expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { generate } from 'selfsigned';
import { FileBucket } from '../../../lib/fdi/file-bucket.ts';
import type { FileSourceProps } from '../../../lib/fdi/file-source.ts';
import type { HttpSourceProps } from '../../../lib/fdi/http-source.ts';
import { type ScheduledSourceProps, sourceOf } from '../../../lib/fdi/scheduled-source.ts';
import { ScheduledTask } from '../../../lib/fdi/scheduled-task.ts';
import { onlyResource, resourcesOf, sandbox, tableOf } from '../sandbox.ts';

const box = sandbox();
const table = tableOf(box);
new FileBucket(box.stack, 'Drop');
let made = 0;
const PASSWORD = { secret: { secretArn: 'arn:secret' } };
const redis = { url: 'rediss://cache.example.com:6379', password: PASSWORD };
const mongodb = { url: 'mongodb://db.example.com/shop?tls=true', user: 'me', password: PASSWORD };

const keyValue = new ScheduledTask(box.stack, 'KeyValue', {
  app: box.owner,
  source: { mongodb, collection: 'orders' },
  target: { redis, write: 'upsert', key: 'order:{Id}' },
});

/** All in one stack: to make one takes longer than everything else here. */
function taskOf(source: ScheduledSourceProps, keys: readonly string[] = ['Id']): ScheduledTask {
  made += 1;

  return new ScheduledTask(box.stack, `Pulled${made}`, {
    app: box.owner,
    source,
    target: { table, write: 'insert', keys },
  });
}

const http = (
  changes: Partial<HttpSourceProps['http']> = {},
  rest: Partial<HttpSourceProps> = {},
): HttpSourceProps => ({
  http: { url: 'https://shop.example.com/v1/orders', ...changes },
  key: ['id'],
  ...rest,
});

const files = (changes: Partial<FileSourceProps['files']> = {}): FileSourceProps => ({
  files: { bucket: 'drop', prefix: 'orders/', format: 'csv', ...changes },
});

function s3Of({ runner }: ScheduledTask): readonly (readonly [unknown, string, unknown])[] {
  const role = JSON.stringify(box.stack.resolve(runner.role.roleName));

  return Object.values(resourcesOf(box.stack, 'AWS::IAM::Policy'))
    .filter(({ Properties }) => JSON.stringify(Properties['Roles']).includes(role))
    .flatMap(({ Properties }) => (Properties['PolicyDocument'] as { Statement: Record<string, unknown>[] }).Statement)
    .filter(({ Action }) => JSON.stringify(Action).includes('s3:'))
    .map(({ Action, Resource, Condition }) => [Action, JSON.stringify(Resource), Condition]);
}

test('an API is described to the runner with everything that was left out', () => {
  const source = http(
    { query: { since: '{{since}}' }, auth: { bearer: { secret: { secretArn: 'arn' } } } },
    { increment: { field: 'at', overlap: Duration.minutes(5) } },
  );

  expect(sourceOf(source)).toEqual({
    ...{
      kind: 'http',
      url: 'https://shop.example.com/v1/orders',
      method: 'GET',
      query: { since: '{{since}}' },
      headers: {},
    },
    ...{
      dataType: 'JSON',
      records: '$',
      paging: { by: 'none' },
      maxPages: 10_000,
      maxBytes: 5_242_880,
      timeoutSeconds: 30,
    },
    ...{ key: ['id'], increment: { field: 'at', overlap: 300 }, timeZone: 'UTC', auth: { kind: 'bearer' } },
  });
});

test('authorities of an API are told in PEM or by their secret, which the runner may read; an app signs by its own', async () => {
  const { cert } = await generate([{ name: 'commonName', value: 'Shop CA' }], { keySize: 2048 });
  const secret = { secretArn: 'arn:aws:secretsmanager:us-east-1:1:secret:Authority' };
  const own = { app: { secret: box.owner.secret } };
  const written = taskOf(http({ certificateAuthority: cert, auth: own }));
  taskOf(http({ certificateAuthority: { secret, key: 'pem' } }));
  const policies = JSON.stringify(resourcesOf(box.stack, 'AWS::IAM::Policy'));
  const functions = JSON.stringify(resourcesOf(box.stack, 'AWS::Lambda::Function'));

  expect(written.definition().source).toMatchObject({ ca: cert, auth: { kind: 'app' } });
  expect(functions).toContain(`"SOURCE_CA_ARN":"${secret.secretArn}","SOURCE_CA_KEY":"pem"`);
  expect(policies).toContain(secret.secretArn);
  expect(() => taskOf(http({ certificateAuthority: 'no PEM' }))).toThrow('source.http.certificateAuthority');
  expect(() => taskOf(http({ url: '' }))).toThrow('source.http.url');
});

test.each<readonly [NonNullable<HttpSourceProps['http']['paging']>, unknown]>([
  [
    { by: 'page', field: 'p' },
    { by: 'page', field: 'p', in: 'query', start: 1, until: 'empty' },
  ],
  [
    { by: 'offset', field: 'o', maximum: 3 },
    { by: 'offset', field: 'o', in: 'query', start: 0, until: 'empty' },
  ],
  [
    { by: 'cursor', field: 'c', path: 'next' },
    { by: 'cursor', field: 'c', in: 'query', path: 'next' },
  ],
  [{ by: 'link' }, { by: 'link' }],
])('paging %j', (paging, expected) => {
  expect(sourceOf(http({ paging }))).toMatchObject({ paging: expected });
});

test('the runner reads what lies under the prefix, takes away where it is told to, and does no more', () => {
  const tasks = [files(), files({ afterwards: 'delete' }), files({ afterwards: { move: 'done/' } })].map((source) =>
    taskOf(source),
  );
  const list = ['s3:ListBucket', expect.stringContaining(':s3:::drop"'), { StringLike: { 's3:prefix': 'orders/*' } }];
  const own = expect.stringContaining(':s3:::drop/orders/*');
  const [kept, deleted, moved] = tasks.map(s3Of);

  expect(kept).toEqual([list, ['s3:GetObject', own, undefined]]);
  expect(deleted).toEqual([list, [['s3:DeleteObject', 's3:GetObject'], own, undefined]]);
  expect(moved).toEqual([
    ...(deleted ?? []),
    ['s3:PutObject', expect.stringContaining(':s3:::drop/done/*'), undefined],
  ]);
});

test('the runner has their drivers beside its code, is told where they are and may read the password', () => {
  const functions = resourcesOf(box.stack, 'AWS::Lambda::Function');
  const id = box.stack.getLogicalId(keyValue.runner.function.node.defaultChild as CfnFunction);
  expect(functions[id]?.Properties['Environment']).toMatchObject({
    Variables: {
      ...{ SOURCE_URL: mongodb.url, SOURCE_USER: 'me', SOURCE_SECRET_ARN: 'arn:secret' },
      ...{ TARGET_URL: redis.url, TARGET_SECRET_ARN: 'arn:secret' },
    },
  });
});

test('a bucket for files is encrypted, private, versioned, over TLS, and said where it is', () => {
  const bucket = onlyResource(box.stack, 'AWS::S3::Bucket');

  expect(bucket.Properties).toMatchObject({
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    },
    PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    VersioningConfiguration: { Status: 'Enabled' },
  });
  expect(JSON.stringify(onlyResource(box.stack, 'AWS::S3::BucketPolicy'))).toContain('aws:SecureTransport');
});

test.each<readonly [string, ScheduledSourceProps, readonly string[], string]>([
  ['an API without keys in the target', http(), [], 'target.keys'],
  ['files without keys in the target', files(), [], 'target.keys'],
  ['an API that is no URL', http({ url: 'shop' }), ['Id'], 'source.url'],
  ['a prefix that is a pattern', files({ prefix: '*' }), ['Id'], 'source.prefix'],
  [
    'a key with a colon in the name',
    http({ auth: { basic: { user: 'a:b', password: { secret: { secretArn: 'arn' } } } } }),
    ['Id'],
    'user',
  ],
])('%s is refused by name', (_what, source, keys, setting) => {
  expect(() => taskOf(source, keys)).toThrow(setting);
});

test('a Redis and a MongoDB are described with everything that was left out', () => {
  expect(sourceOf({ redis, match: 'order:*' })).toEqual({
    kind: 'redis',
    match: 'order:*',
    as: 'hash',
    timeZone: 'UTC',
  });
  expect(sourceOf({ mongodb, collection: 'orders', increment: { field: 'at', overlap: Duration.minutes(1) } })).toEqual(
    {
      ...{ kind: 'mongodb', collection: 'orders', timeZone: 'UTC' },
      increment: { field: 'at', boundary: 'closed', overlap: 60 },
    },
  );
});

test.each<readonly [string, () => unknown, string]>([
  ['a cluster as a source', () => taskOf({ redis: { url: 'redis://h?cluster=true' }, match: '*' }), 'source.redis.url'],
  ['another URL', () => taskOf({ redis: { url: 'jdbc:mysql://h/d' }, match: '*' }), 'source.redis.url'],
  ['a password in the URL', () => taskOf({ redis: { url: 'redis://:sesame@h' }, match: '*' }), 'source.redis.url'],
  ['no keys in the target', () => taskOf({ redis, match: '*' }, []), 'target.keys'],
  [
    'MongoDB without a database',
    () => taskOf({ mongodb: { url: 'mongodb://h' }, collection: 'c' }),
    'a database behind',
  ],
  [
    'a password in the URL of MongoDB',
    () => taskOf({ mongodb: { url: 'mongodb://me:sesame@h/d' }, collection: 'c' }),
    'source.mongodb.url',
  ],
])('%s is refused by name', (_what, make, setting) => {
  expect(make).toThrow(setting);
  expect(make).toThrow(/^(?!.*sesame)/);
});
