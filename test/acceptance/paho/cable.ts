import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A network between a client and its broker that can be cut, and that can lose what one side says. */
export class Cable {
  readonly #server: Server;
  readonly #port: number;
  readonly #ends = new Set<Socket>();
  #isCut = false;
  /** What the client, or the broker, says is read and lost. */
  readonly silenced = new Set<'client' | 'broker'>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
    server.on('connection', (client) => this.#join(client));
  }

  /** @param port of the broker, on this machine */
  static async to(port: number): Promise<Cable> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));

    return new Cable(server, port);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends the connections there are, as a network does: nobody says good-bye. New ones end at once. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#ends) socket.resetAndDestroy();
  }

  mend(): void {
    this.silenced.clear();
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(client: Socket): void {
    if (this.#isCut) return void client.resetAndDestroy();
    const broker = connect(this.#port, '127.0.0.1');
    for (const [from, to, name] of [[client, broker, 'client'] as const, [broker, client, 'broker'] as const]) {
      this.#ends.add(from);
      from.on('data', (chunk) => {
        if (!this.silenced.has(name)) to.write(chunk);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#ends.delete(from);
        to.destroy();
      });
    }
  }
}
