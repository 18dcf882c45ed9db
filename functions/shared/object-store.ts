import { AwsRequestFailed, awsRequest, configuredEndpoint, regionOfFunction } from './aws-request.ts';

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
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

/** Three requests of S3 do not carry its SDK's client, which alone is larger than a function may be. */
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
      const search = query.map(([name, value]) => `${name}=${encoded(value)}`).join('&');
      const answer = (await request('GET', bucket, '', search)).toString('utf8');
      const token = textOf(answer, 'NextContinuationToken');
      const items = Array.from(answer.matchAll(/<Contents>(.*?)<\/Contents>/gs), ([, object = '']) => ({
        key: decodeURIComponent((textOf(object, 'Key') ?? '').replaceAll('+', ' ')),
        bytes: Number(textOf(object, 'Size')),
      }));

      return token === undefined ? { items } : { items, next: token };
    },

    async get(key) {
      try {
        return await request('GET', bucket, pathOf(key), '');
      } catch (error) {
        if (error instanceof AwsRequestFailed && error.name === 'NoSuchKey') {
          return undefined;
        }
        throw error;
      }
    },

    async put(key, body) {
      await request('PUT', bucket, pathOf(key), '', body);
    },

    async remove(key) {
      await request('DELETE', bucket, pathOf(key), '');
    },
  };
}

function pathOf(key: string): string {
  return key.split('/').map(encoded).join('/');
}

function request(
  method: 'GET' | 'PUT' | 'DELETE',
  bucket: string,
  path: string,
  search: string,
  body = '',
): Promise<Buffer<ArrayBuffer>> {
  const endpoint = configuredEndpoint('S3');
  const base =
    endpoint === undefined
      ? `https://${bucket}.s3.${regionOfFunction()}.amazonaws.com/${path}`
      : `${endpoint}/${bucket}${path === '' ? '' : `/${path}`}`;
  const url = new URL(search === '' ? base : `${base}?${search}`);

  return awsRequest({ service: 's3', refusal }, { method, url, headers: {}, body });
}

/** As signatures want it: everything but letters, digits and `-_.~` in percent signs. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The first element of that name; S3's answers nest none in one of the same name. */
function textOf(xml: string, element: string): string | undefined {
  const match = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1];

  return match?.replace(/&(lt|gt|quot|apos|amp|#x?[0-9a-fA-F]+);/g, (_, name: string) => characterOf(name));
}

function characterOf(name: string): string {
  const known = ENTITIES[name];
  if (known !== undefined) {
    return known;
  }

  return String.fromCodePoint(name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1)));
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function refusal(status: number, body: string) {
  return { name: textOf(body, 'Code') ?? 'UnknownError', message: textOf(body, 'Message') ?? `status ${status}` };
}
