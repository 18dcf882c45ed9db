import { AwsRequestFailed } from './aws-request.ts';
import { s3Request, s3Text } from './s3-request.ts';

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** In its quotes. */
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** The objects of a bucket, by the function's own rights. */
export interface ObjectStore {
  /** One page of the objects whose keys begin with the prefix, in order of their keys; at most 1,000. */
  list(options: {
    readonly prefix: string;
    readonly limit: number;
    readonly next?: string;
    /** From behind this key on. */
    readonly after?: string;
  }): Promise<{ readonly items: readonly StoredObject[]; readonly next?: string }>;
  /** An object's bytes; undefined when there is none. */
  get(key: string): Promise<Buffer | undefined>;
  /** Writes an object, over one of the same key. */
  put(key: string, body: string): Promise<void>;
  /** Removes an object; no matter if it existed. */
  remove(key: string): Promise<void>;
}

export function objectStore(bucket: string): ObjectStore {
  return {
    async list({ prefix, limit, next, after }) {
      const query = [
        ...(next === undefined ? [] : [['continuation-token', next] as const]),
        ['encoding-type', 'url'],
        ['list-type', '2'],
        ['max-keys', String(limit)],
        ['prefix', prefix],
        ...(after === undefined ? [] : [['start-after', after] as const]),
      ] as const;
      const answer = (await s3Request({ method: 'GET', bucket, query })).bytes.toString('utf8');
      const token = s3Text(answer, 'NextContinuationToken');
      const items = Array.from(answer.matchAll(/<Contents>(.*?)<\/Contents>/gs), ([, object = '']) => ({
        key: decodeURIComponent((s3Text(object, 'Key') ?? '').replaceAll('+', ' ')),
        bytes: Number(s3Text(object, 'Size')),
        etag: s3Text(object, 'ETag') ?? '',
        modified: Date.parse(s3Text(object, 'LastModified') ?? ''),
      }));

      return token === undefined ? { items } : { items, next: token };
    },

    async get(key) {
      try {
        return (await s3Request({ method: 'GET', bucket, key })).bytes;
      } catch (error) {
        if (error instanceof AwsRequestFailed && error.name === 'NoSuchKey') {
          return undefined;
        }
        throw error;
      }
    },

    async put(key, body) {
      await s3Request({ method: 'PUT', bucket, key, body });
    },

    async remove(key) {
      await s3Request({ method: 'DELETE', bucket, key });
    },
  };
}
