import { connect } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';
import { payloadOf, type Sent } from './message.ts';
import { connectPacket, type Sender } from './mutate-packet.ts';

const TICK_MS = 10;
const IDS = 65_535;

/**
 * A device that sends so many messages a second, whatever is acknowledged; answers all it sent. What is not acknowledged in the end was discarded.
 */
export async function runFlooder(
  port: number,
  sender: Sender & { readonly device: string },
  { tag, perSecond, seconds }: { tag: string; perSecond: number; seconds: number },
): Promise<Sent[]> {
  const socket = connect(port, '127.0.0.1');
  const reading = parser({ protocolVersion: 4 });
  const open = new Map<number, Sent>();
  const sent: Sent[] = [];
  const connected = Promise.withResolvers<void>();
  const send = (packet: Packet) => socket.write(generate(packet, { protocolVersion: 4 }));
  reading.on('packet', (packet: Packet) => {
    if (packet.cmd === 'connack') connected.resolve();
    if (packet.cmd !== 'puback') return;
    const message = open.get(packet.messageId ?? 0);
    if (message !== undefined) message.outcome = 'acknowledged';
    open.delete(packet.messageId ?? 0);
  });
  socket.on('data', (chunk) => reading.parse(chunk));
  socket.on('error', connected.reject);
  socket.write(connectPacket(sender, 4));
  await connected.promise;

  const started = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsed = Math.min((performance.now() - started) / 1000, seconds);
      while (sent.length < elapsed * perSecond) {
        const id = `${tag}.${sender.device}/${sent.length}`;
        const message: Sent = {
          ...{ device: sender.device, index: sent.length, kind: 'unique', id },
          ...{ status: '0', outcome: 'unknown' },
        };
        const messageId = (sent.length % IDS) + 1;
        sent.push(message);
        open.set(messageId, message);
        send({
          cmd: 'publish',
          topic: sender.publish,
          payload: payloadOf(message),
          qos: 1,
          messageId,
          dup: false,
          retain: false,
        });
      }
      if (elapsed < seconds) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  await new Promise((resolve) => setTimeout(resolve, 2000));
  send({ cmd: 'disconnect' });
  socket.end();

  return sent;
}
