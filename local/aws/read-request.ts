import { Buffer } from 'node:buffer';
import { AwsError } from '../errors.ts';
import type { PlainRequest } from '../http/plain-request.ts';
import type { DualRequest } from './dual-server.ts';
import type { AwsRequest } from './service.ts';

/** PutRecords takes 10 MiB of data, which is a third more as base64; nothing else comes near. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Reads the whole request. A body beyond what any AWS API takes is read to its end, not kept, and refused. */
export async function readRequest(request: DualRequest): Promise<AwsRequest> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (length > MAX_BODY_BYTES) {
    throw new AwsError('RequestEntityTooLargeException', `The request body exceeds ${MAX_BODY_BYTES} bytes`, 413);
  }

  return awsRequest(request.method ?? 'GET', request.url ?? '/', plainHeaders(request), Buffer.concat(chunks));
}

/** The same of a request that lies there whole. */
export function readPlain({ method, url, rawHeaders, body }: PlainRequest): AwsRequest {
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    const known = headers[name];
    headers[name] = known === undefined ? (rawHeaders[at + 1] as string) : `${known}, ${rawHeaders[at + 1]}`;
  }

  return awsRequest(method, url, headers, body);
}

function awsRequest(method: string, url: string, headers: Record<string, string>, body: Buffer): AwsRequest {
  const [path, query = ''] = split(url, '?');
  const target = headers['x-amz-target'];

  let parameters: URLSearchParams | undefined;

  return {
    ...{ method, path, headers, body },
    // Most requests have none.
    get query() {
      parameters ??= new URLSearchParams(query);

      return parameters;
    },
    ...(target === undefined ? {} : { operation: target.slice(target.lastIndexOf('.') + 1) }),
  };
}

function split(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);

  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** Names in lower case; HTTP/2's `:authority` is the Host header of HTTP/1.1. RFC 9113 §8.3.1 */
function plainHeaders({ headers }: DualRequest): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const text = Array.isArray(value) ? value.join(', ') : value;
    if (name === ':authority') plain['host'] = text;
    if (!name.startsWith(':')) plain[name] = text;
  }
  return plain;
}
