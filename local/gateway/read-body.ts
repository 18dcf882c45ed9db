import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { GatewayFault } from './gateway-fault.ts';
import type { ReceivedRequest } from './gateway-request.ts';
import { LIMITS } from './limits.ts';

/** Throws `GatewayFault` REQUEST_TOO_LARGE as soon as it is known, without reading on. */
export async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  checkBodySize(Number(incoming.headers['content-length'] ?? 0));
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length;
    checkBodySize(bytes);
    chunks.push(chunk as Buffer);
  }

  return Buffer.concat(chunks, bytes);
}

export function checkBodySize(bytes: number): void {
  if (bytes > LIMITS.bodyBytes) throw new GatewayFault('REQUEST_TOO_LARGE');
}

/** Names, values and `: ` plus the line's end of all headers together. */
export function checkHeaderSize({ rawHeaders }: Pick<ReceivedRequest, 'rawHeaders'>): void {
  const bytes = rawHeaders.reduce((sum, text) => sum + text.length + 2, 0);
  if (bytes <= LIMITS.headerBytes) return;

  throw new GatewayFault('BAD_REQUEST', { status: 431, message: 'Request Header Fields Too Large' });
}
