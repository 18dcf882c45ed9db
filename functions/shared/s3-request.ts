import { AwsRequestFailed, awsExchange, configuredEndpoint, regionOfFunction } from './aws-request.ts';
import type { HttpReply } from './http-exchange.ts';

export interface S3Request {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly bucket: string;
  /** None for the bucket itself. */
  readonly key?: string;
  /** In order of their names. */
  readonly query?: readonly (readonly [name: string, value: string])[];
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How long one answer may take. @default 3 s */
  readonly attemptMs?: number;
}

/** A few requests of S3 do not carry its SDK's client, which alone is larger than a function may be. @throws AwsRequestFailed */
export async function s3Request({
  method,
  bucket,
  key,
  query,
  headers,
  body,
  attemptMs,
}: S3Request): Promise<HttpReply> {
  const endpoint = configuredEndpoint('S3');
  const path = key === undefined ? '' : s3Path(key);
  const search = (query ?? []).map(([name, value]) => `${name}=${encoded(value)}`).join('&');
  const base =
    endpoint === undefined
      ? `https://${bucket}.s3.${regionOfFunction()}.amazonaws.com/${path}`
      : `${endpoint}/${bucket}${path === '' ? '' : `/${path}`}`;
  const url = new URL(search === '' ? base : `${base}?${search}`);

  return awsExchange({ service: 's3', refusal }, { method, url, headers: headers ?? {}, body: body ?? '' }, attemptMs);
}

export function s3Path(key: string): string {
  return key.split('/').map(encoded).join('/');
}

/** As signatures want it: everything but letters, digits and `-_.~` in percent signs. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The first element of that name; S3's answers nest none in one of the same name. */
export function s3Text(xml: string, element: string): string | undefined {
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
  return { name: s3Text(body, 'Code') ?? 'UnknownError', message: s3Text(body, 'Message') ?? `status ${status}` };
}

/** S3 begins to answer a long copy with 200 before it knows how it ends. Ref: AmazonS3/latest/API/API_CopyObject */
export function checkCopied({ bytes }: HttpReply): void {
  const text = bytes.toString('utf8');
  if (text.includes('<Error>')) {
    const { name, message } = refusal(500, text);
    throw new AwsRequestFailed(name, message, { status: 500 });
  }
}
