import { createHash } from 'node:crypto';
import { bucketArn } from '../account.ts';
import type { AwsRequest, AwsResponse, AwsService, Need } from '../aws/service.ts';
import type { ObjectStore } from '../engines.ts';
import { AwsError } from '../errors.ts';
import { s3Error, type XmlMembers, xmlDocument } from './s3-xml.ts';

/** Ref: AmazonS3/latest/API/API_ListObjectsV2 */
const MAX_KEYS = 1000;
/** Ref: AmazonS3/latest/API/API_CopyObject */
const MAX_COPY_BYTES = 5 * 1024 ** 3;
/** S3's own subresources (`?acl`, `?versions`, …) ask for something else than the bucket or the object. */
const LIST_PARAMETERS = new Set([
  ...['list-type', 'prefix', 'delimiter', 'max-keys', 'continuation-token', 'start-after', 'encoding-type'],
  ...['fetch-owner', 'x-id'],
]);

type Store = Pick<ObjectStore, 'get' | 'piece' | 'put' | 'details' | 'list' | 'delete'>;

interface Operation {
  readonly bucket: string;
  needs(): readonly Need[];
  run(store: Store): Promise<AwsResponse>;
}

/** The S3 API, path-style (`/<bucket>/<key>`), as far as ours use it: ListObjectsV2, GetObject, PutObject, CopyObject and DeleteObject. */
export function s3Service(store: Store): AwsService {
  return {
    signingName: 's3',
    needs: (request) => operationOf(request).needs(),
    handle: (request) => operationOf(request).run(store),
    renderError: s3Error,
  };
}

function operationOf(request: AwsRequest): Operation {
  const [, bucket = '', key] = /^\/([^/]+)(?:\/(.*))?$/s.exec(request.path) ?? [];
  const strange = [...request.query.keys()].filter((name) => !LIST_PARAMETERS.has(name));
  const isList = request.query.get('list-type') === '2';
  const isDelete = request.method === 'DELETE' && !isList;
  const isPut = request.method === 'PUT' && !isList;
  if (
    (request.method !== 'GET' && !isDelete && !isPut) ||
    bucket === '' ||
    strange.length > 0 ||
    ((key ?? '') === '') !== isList
  ) {
    throw new AwsError(
      'NotImplemented',
      'A header you provided implies functionality that is not implemented. Served locally: ListObjectsV2, GetObject, PutObject, CopyObject and DeleteObject.',
      501,
    );
  }
  const { headers } = request;
  const own = decodedKey(key ?? '');
  if (isDelete) return deleteObject(bucket, own, headers['if-match']);
  if (isPut) {
    return headers['x-amz-copy-source'] === undefined
      ? putObject(bucket, own, request)
      : copyObject(bucket, own, headers);
  }

  return isList ? listObjects(bucket, request.query) : getObject(bucket, own, headers);
}

/** Ref: AmazonS3/latest/API/API_GetObject */
function getObject(bucket: string, key: string, headers: AwsRequest['headers']): Operation {
  return {
    bucket,
    needs: () => [{ action: 's3:GetObject', resource: `${bucketArn(bucket)}/${key}` }],
    async run(store) {
      const { bytes, modified, etag } = await store.details(bucket, key);
      checkMatch(headers['if-match'], etag, 'If-Match');
      const range = rangeOf(headers['range'], bytes);
      const body = range === undefined ? await store.get(bucket, key) : await store.piece(bucket, key, ...range);

      return {
        status: range === undefined ? 200 : 206,
        headers: {
          'content-type': 'application/octet-stream',
          'accept-ranges': 'bytes',
          ...(range !== undefined && { 'content-range': `bytes ${range[0]}-${range[1]}/${bytes}` }),
          etag,
          'last-modified': modified.toUTCString(),
        },
        body,
      };
    },
  };
}

/** Ref: AmazonS3/latest/API/API_PutObject */
function putObject(bucket: string, key: string, { headers, body }: Pick<AwsRequest, 'headers' | 'body'>): Operation {
  return {
    bucket,
    needs: () => [{ action: 's3:PutObject', resource: `${bucketArn(bucket)}/${key}` }],
    async run(store) {
      checkDigest(headers['content-md5'], body);
      await store.put(bucket, key, body);

      return { status: 200, headers: { etag: (await store.details(bucket, key)).etag }, body: '' };
    },
  };
}

/** Ref: AmazonS3/latest/API/API_CopyObject */
function copyObject(bucket: string, key: string, headers: AwsRequest['headers']): Operation {
  const [, from = '', path = ''] = /^\/?([^/]+)\/(.+)$/s.exec(headers['x-amz-copy-source'] ?? '') ?? [];
  if (path === '' || path.includes('?versionId=')) {
    throw new AwsError('InvalidArgument', 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey');
  }
  const source = decodedKey(path);

  return {
    bucket,
    needs: () => [
      { action: 's3:GetObject', resource: `${bucketArn(from)}/${source}` },
      { action: 's3:PutObject', resource: `${bucketArn(bucket)}/${key}` },
    ],
    async run(store) {
      const { bytes, etag } = await store.details(from, source);
      checkMatch(headers['x-amz-copy-source-if-match'], etag, 'x-amz-copy-source-If-Match');
      if (bytes > MAX_COPY_BYTES) {
        throw new AwsError(
          'InvalidRequest',
          `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_COPY_BYTES}`,
        );
      }
      await store.put(bucket, key, await store.get(from, source));
      const copy = await store.details(bucket, key);

      return {
        status: 200,
        headers: { 'content-type': 'application/xml' },
        body: xmlDocument('CopyObjectResult', { LastModified: copy.modified.toISOString(), ETag: copy.etag }),
      };
    },
  };
}

/**
 * Ref: AmazonS3/latest/API/API_DeleteObject: 204, whether there was one or not. With a condition (AmazonS3/latest/userguide/conditional-deletes) the
 * right to read is needed, too.
 */
function deleteObject(bucket: string, key: string, match: string | undefined): Operation {
  const resource = `${bucketArn(bucket)}/${key}`;

  return {
    bucket,
    needs: () => [
      { action: 's3:DeleteObject', resource },
      ...(match === undefined ? [] : [{ action: 's3:GetObject', resource }]),
    ],
    async run(store) {
      if (match !== undefined) {
        checkMatch(match, (await store.details(bucket, key)).etag, 'If-Match');
      }
      await store.delete(bucket, key);

      return { status: 204, body: '' };
    },
  };
}

/** Ref: AmazonS3/latest/API/ErrorResponses, BadDigest and InvalidDigest */
function checkDigest(wanted: string | undefined, body: Buffer): void {
  if (wanted === undefined) {
    return;
  }
  if (Buffer.from(wanted, 'base64').length !== 16) {
    throw new AwsError('InvalidDigest', 'The Content-MD5 you specified was invalid.');
  }
  if (wanted !== createHash('md5').update(body).digest('base64')) {
    throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
}

function checkMatch(wanted: string | undefined, etag: string, condition: string): void {
  if (wanted !== undefined && wanted !== '*' && wanted.replaceAll('"', '') !== etag.replaceAll('"', '')) {
    throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412, {
      Condition: condition,
    });
  }
}

/** RFC 9110 §14.1.2, one range; another form is ignored, as S3 does. */
function rangeOf(text: string | undefined, bytes: number): readonly [from: number, to: number] | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(text ?? '') ?? [];
  if (first === '' && last === '') {
    return undefined;
  }
  const from = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const to = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (first !== '' && last !== '' && Number(last) < from) {
    return undefined;
  }
  if (from >= bytes) {
    throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416, { ActualObjectSize: bytes });
  }

  return [from, to];
}

function listObjects(bucket: string, query: URLSearchParams): Operation {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const maxKeys = maxKeysOf(query.get('max-keys'));
  const token = query.get('continuation-token') ?? undefined;
  const after = token === undefined ? (query.get('start-after') ?? '') : placeOf(token);
  const encoded = query.get('encoding-type') === 'url' ? encodeURIComponent : (text: string) => text;

  return {
    bucket,
    needs: () => [
      {
        action: 's3:ListBucket',
        resource: bucketArn(bucket),
        conditionKeys: {
          's3:prefix': prefix,
          's3:delimiter': delimiter,
          ...(query.has('max-keys') && { 's3:max-keys': String(maxKeys) }),
        },
      },
    ],
    async run(store) {
      // Without groups, a page and the key that says whether there is more are all it takes.
      const keys = await store.list(bucket, prefix, { after, ...(delimiter === '' && { limit: maxKeys + 1 }) });
      const { entries, next } = page(keys, { prefix, delimiter, maxKeys, after });
      const contents = await Promise.all(
        entries.filter(({ isPrefix }) => !isPrefix).map(({ name }) => contentOf(store, bucket, name, encoded)),
      );

      return {
        status: 200,
        headers: { 'content-type': 'application/xml' },
        body: xmlDocument('ListBucketResult', {
          Name: bucket,
          Prefix: encoded(prefix),
          Delimiter: delimiter === '' ? undefined : encoded(delimiter),
          MaxKeys: maxKeys,
          EncodingType: query.get('encoding-type') ?? undefined,
          KeyCount: entries.length,
          IsTruncated: next !== undefined,
          ContinuationToken: token,
          NextContinuationToken: next === undefined ? undefined : tokenOf(next),
          StartAfter: query.get('start-after') ?? undefined,
          Contents: contents.filter((content) => content !== undefined),
          CommonPrefixes: entries.filter(({ isPrefix }) => isPrefix).map(({ name }) => ({ Prefix: encoded(name) })),
        }),
      };
    },
  };
}

interface Entry {
  readonly name: string;
  /** It stands for all keys that begin with it. */
  readonly isPrefix: boolean;
}

/** @param keys in order. The page ends at a key or at a whole group; `next` is the last of it. */
function page(
  keys: readonly string[],
  { prefix, delimiter, maxKeys, after }: { prefix: string; delimiter: string; maxKeys: number; after: string },
): { readonly entries: readonly Entry[]; readonly next: string | undefined } {
  const entries: Entry[] = [];
  for (const key of keys) {
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const entry =
      at < 0 ? { name: key, isPrefix: false } : { name: key.slice(0, at + delimiter.length), isPrefix: true };
    const last = entries.at(-1);
    if (entry.isPrefix && (entry.name === last?.name || entry.name === after)) {
      continue;
    }
    if (entries.length === maxKeys) {
      return { entries, next: last?.name };
    }
    entries.push(entry);
  }

  return { entries, next: undefined };
}

async function contentOf(
  store: Store,
  bucket: string,
  key: string,
  encoded: (text: string) => string,
): Promise<XmlMembers | undefined> {
  const found = await store.details(bucket, key).catch(() => undefined);
  if (found === undefined) {
    return undefined; // it has gone since its name was read
  }
  const { bytes, modified, etag } = found;

  return {
    Key: encoded(key),
    LastModified: modified.toISOString(),
    ETag: etag,
    Size: bytes,
    StorageClass: 'STANDARD',
  };
}

function maxKeysOf(text: string | null): number {
  const number = text === null ? MAX_KEYS : Number(text);
  if (!Number.isInteger(number) || number < 0 || number > 2_147_483_647) {
    throw new AwsError('InvalidArgument', 'Argument max-keys must be an integer between 0 and 2147483647', 400, {
      ArgumentName: 'max-keys',
      ArgumentValue: text,
    });
  }

  return Math.min(number, MAX_KEYS);
}

function tokenOf(name: string): string {
  return Buffer.from(`1${name}`).toString('base64url');
}

function placeOf(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (!text.startsWith('1') || tokenOf(text.slice(1)) !== token) {
    throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect', 400, {
      ArgumentName: 'continuation-token',
    });
  }

  return text.slice(1);
}

function decodedKey(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}
