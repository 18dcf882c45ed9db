import type { Server, Socket } from 'node:net';
import { LocalError } from './errors.ts';

export interface Listener {
  /** Cuts every connection and frees the port. */
  close(): Promise<void>;
}

/** Connections that wait to be taken. Node's 511 are few for devices that come all at once; Linux takes what `somaxconn` allows, 4,096. */
const BACKLOG = 4096;

/** Binds a server to 127.0.0.1. Throws `LocalError` when the port is taken. @param front what a person knows it by: `MQTT` */
export async function listen(server: Server, port: number, front: string): Promise<Listener> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ port, host: '127.0.0.1', backlog: BACKLOG }, resolve);
  try {
    await promise;
  } catch (cause) {
    const taken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
    throw new LocalError(
      taken
        ? `Port ${port} (${front}) is taken by another program. Stop it, or choose other ports with --port-base.`
        : `${front} cannot listen on port ${port}: ${(cause as Error).message}`,
      { cause },
    );
  }
  server.off('error', reject);

  return {
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
