import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';

export interface FakeBroker {
  readonly url: string;
  /** Payloads by topic, in the order received; what a client sends again after a lost connection comes twice. */
  readonly received: { readonly topic: string; readonly payload: unknown }[];
  /** Cuts every connection, as a broken network does. */
  cut(): void;
  stop(): Promise<void>;
}

/** A broker that lets in whoever knows the password `right`. */
export async function fakeBroker(options: { onMessage?: (count: number) => void } = {}): Promise<FakeBroker> {
  const aedes = await Aedes.createBroker();
  const received: { topic: string; payload: unknown }[] = [];
  const sockets = new Set<Socket>();
  aedes.authenticate = (_client, _username, password, done) => {
    const right = password?.toString() === 'right';
    done(right ? null : Object.assign(new TypeError('refused'), { returnCode: 5 as const }), right);
  };
  aedes.authorizePublish = (_client, packet, done) => {
    received.push({ topic: packet.topic, payload: JSON.parse(packet.payload.toString()) });
    options.onMessage?.(received.length);
    done(null);
  };
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    aedes.handle(socket);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));

  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    cut() {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
    async stop() {
      await new Promise<void>((closed) => aedes.close(() => closed()));
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}
