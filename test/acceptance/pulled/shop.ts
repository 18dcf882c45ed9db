import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface Order {
  readonly id: number;
  readonly customer: { readonly name: string | null };
  readonly total: number;
  readonly changedAt: string;
}

/** A shop's API: pages by number, a bearer token, and moods. */
export interface Shop {
  readonly url: string;
  readonly orders: Order[];
  /** What it was asked, in order: the query of each question it answered with orders. */
  readonly asked: string[];
  token: string;
  /** Milliseconds before each answer. */
  slowness: number;
  /** Answers of these statuses come first, whatever is asked. */
  readonly moods: number[];
  close(): Promise<void>;
}

export async function openShop(): Promise<Shop> {
  const server = createServer(async ({ url = '', headers }, response) => {
    const { searchParams: query, search } = new URL(url, 'http://shop');
    await delay(shop.slowness);
    const mood = headers.authorization === `Bearer ${shop.token}` ? shop.moods.shift() : 401;
    if (mood !== undefined) {
      response.writeHead(mood, { 'retry-after': '1' }).end('not now');

      return;
    }
    shop.asked.push(search);
    const since = query.get('changed_since') ?? '';
    const [page, size] = [Number(query.get('page')), Number(query.get('size'))];
    const found = shop.orders.filter(({ changedAt }) => changedAt >= since);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ data: { items: found.slice((page - 1) * size, page * size) } }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const shop: Shop = {
    ...{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/orders`, orders: [], asked: [] },
    ...{ token: '', slowness: 0, moods: [] },
    close: () => {
      server.closeAllConnections();

      return new Promise((closed) => server.close(() => closed()));
    },
  };

  return shop;
}
