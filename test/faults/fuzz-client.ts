import { connect, type Socket } from 'node:net';
import { connectPacket, mutatedPacket, type Random, type Sender, type Version } from './mutate-packet.ts';

/** What came of the packets of one client. */
export interface FuzzTally {
  packets: number;
  connections: number;
}

/** A broker that answers nothing to a packet that it waits for the rest of: so long a client gives it. */
const PATIENCE_MS = 20;
const CONNACK = 0x20;
/** Of one connection: a packet that is longer by its own account than it is swallows those behind it. */
const PACKETS_PER_CONNECTION = 5;

/**
 * A client that is out of its mind: it logs in as it should, most of the time, and then sends packets that something is wrong with until it is cut
 * off; then it comes back.
 */
export async function runFuzzClient(
  port: number,
  sender: Sender,
  { packets, random, tally }: { packets: number; random: Random; tally: FuzzTally },
): Promise<void> {
  let sent = 0;
  while (sent < packets) {
    const version: Version = random() < 0.5 ? 4 : 5;
    const wire = await open(port);
    tally.connections += 1;
    if (random() < 0.7) {
      wire.socket.write(connectPacket(sender, version));
      await wire.answer();
    }
    const most = sent + 1 + Math.floor(random() * PACKETS_PER_CONNECTION);
    while (sent < Math.min(packets, most) && !wire.closed) {
      wire.socket.write(mutatedPacket(sender, version, random));
      sent += 1;
      tally.packets += 1;
      // A byte at a time now and then, and several packets in one piece now and then.
      if (random() < 0.7) await wire.answer(PATIENCE_MS);
    }
    if (random() < 0.5) wire.socket.destroy();
    else wire.socket.end();
  }
}

interface RawWire {
  readonly socket: Socket;
  readonly closed: boolean;
  /** Waits for bytes or the end. */
  answer(limitMs?: number): Promise<void>;
}

async function open(port: number): Promise<RawWire> {
  const socket = connect(port, '127.0.0.1');
  let closed = false;
  let heard = Promise.withResolvers<void>();
  const wake = () => {
    heard.resolve();
    heard = Promise.withResolvers();
  };
  socket.on('data', (chunk: Buffer) => {
    // A refusal is followed by the end; what is sent before that is lost.
    if (chunk[0] === CONNACK && chunk[3] !== 0) closed = true;
    wake();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
    wake();
  });
  await new Promise<void>((connected) => socket.once('connect', connected).once('close', () => connected()));

  return {
    socket,
    get closed() {
      return closed;
    },
    async answer(limitMs) {
      if (closed) return;
      if (limitMs === undefined) return heard.promise;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, limitMs);
      await Promise.race([heard.promise, promise]);
      clearTimeout(timer);
    },
  };
}
