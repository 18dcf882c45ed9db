import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the API has taken, in its order. */
export interface Taken {
  readonly id: number;
  /** Of the request that brought it. */
  readonly key: string;
  readonly batch: number;
  readonly body: string;
}

export interface FlakyApi {
  readonly url: string;
  readonly taken: readonly Taken[];
  /** How often it has answered with each status; 0: not at all. */
  readonly answers: ReadonlyMap<number, number>;
  /** It knows nobody else. */
  token: string;
  /** This order it never takes. */
  readonly unloved: number;
  close(): void;
}

/**
 * An API as they are: resets before and behind what it does, 500, 429 that says when to come again, and one order it refuses with all it was told.
 * It does not look at idempotency keys, so that what comes twice shows.
 */
export async function flakyApi(unloved: number): Promise<FlakyApi> {
  const taken: Taken[] = [];
  const answers = new Map<number, number>();
  let requests = 0;
  const api = { token: '', unloved, taken, answers };
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    if (request.method === 'OPTIONS') {
      // It is asked whether it is there.
      response.writeHead(204).end();

      return;
    }
    requests += 1;
    await sleep(5);
    const status = statusOf(request, body, requests, api);
    answers.set(status, (answers.get(status) ?? 0) + 1);
    if (status === 200 || status === 0) {
      const key = String(request.headers['idempotency-key']);
      const ids = idsOf(request.url ?? '', body);
      taken.push(...ids.map((id) => ({ id, key, batch: ids.length, body })));
    }
    answer(request, response, status, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return Object.assign(api, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
}

/** 0: it takes the order and the connection breaks; -1: the connection breaks before. */
function statusOf(
  { headers, url = '' }: IncomingMessage,
  body: string,
  count: number,
  { token, unloved }: Pick<FlakyApi, 'token' | 'unloved'>,
): number {
  if (headers.authorization !== `Bearer ${token}`) {
    return 401;
  }
  if (idsOf(url, body).includes(unloved)) {
    return 422;
  }
  if (count % 17 === 0) {
    return 0;
  }
  if (count % 13 === 0) {
    return -1;
  }

  return count % 11 === 0 ? 500 : count === 30 ? 429 : 200;
}

function answer({ headers, socket }: IncomingMessage, response: ServerResponse, status: number, body: string): void {
  if (status <= 0) {
    socket.destroy();
    return;
  }
  response.writeHead(status, status === 429 ? { 'Retry-After': '1' } : {});
  response.end(status === 422 ? `no such order: ${headers.authorization} ${body}` : '{}');
}

function idsOf(url: string, body: string): number[] {
  const [, id] = /\/orders\/(\d+)$/.exec(url) ?? [];
  if (id !== undefined) {
    return [Number(id)];
  }
  const { data } = JSON.parse(body) as { data: { orders: readonly { Id: number }[] } };

  return data.orders.map((order) => order.Id);
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);

  return Buffer.concat(chunks).toString();
}
