import { connect, type Socket } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';
import type { DeviceLogin } from '../../test/acceptance/platform.ts';

const KEEP_ALIVE_SECONDS = 1200;
const MESSAGE_ID = 1;

/** A device with a socket and nothing else: five thousand clients of a library would be what is measured. */
export class RawDevice {
  readonly #socket: Socket;
  readonly #login: DeviceLogin;
  readonly #waiting = new Map<Packet['cmd'], PromiseWithResolvers<Packet>>();
  /** The broker, or the network, ended it. */
  lost = false;

  constructor(port: number, login: DeviceLogin) {
    this.#login = login;
    this.#socket = connect(port, '127.0.0.1');
    const reading = parser({ protocolVersion: 4 });
    reading.on('packet', (packet: Packet) => {
      this.#waiting.get(packet.cmd)?.resolve(packet);
      this.#waiting.delete(packet.cmd);
    });
    this.#socket.on('data', (chunk) => reading.parse(chunk));
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.lost = true;
      for (const { reject } of this.#waiting.values()) reject(this.#cutOff());
    });
  }

  /** Whether it was let in. */
  async connect(): Promise<boolean> {
    const { clientId, username, password } = this.#login;
    const login = { clientId, username, password: Buffer.from(password) };
    const version = { protocolId: 'MQTT', protocolVersion: 4 } as const;
    const answer = await this.#ask('connack', {
      ...{ cmd: 'connect', ...login, ...version, clean: true, keepalive: KEEP_ALIVE_SECONDS },
    });

    return answer.cmd === 'connack' && answer.returnCode === 0;
  }

  async subscribe(): Promise<void> {
    const subscriptions = [{ topic: this.#login.subscribe, qos: 1 as const }];
    await this.#ask('suback', { cmd: 'subscribe', messageId: MESSAGE_ID, subscriptions });
  }

  /** Resolves with the PUBACK. */
  async publish(payload: string): Promise<void> {
    const message = { topic: this.#login.publish, payload, qos: 1, dup: false, retain: false } as const;
    await this.#ask('puback', { cmd: 'publish', messageId: MESSAGE_ID, ...message });
  }

  close(): void {
    this.#socket.destroy();
  }

  #cutOff(): RangeError {
    return new RangeError(`${this.#login.device} was cut off`);
  }

  /** @throws RangeError when the connection is lost before the answer comes */
  async #ask(answer: Packet['cmd'], packet: Packet): Promise<Packet> {
    if (this.lost) throw this.#cutOff();
    const waiting = Promise.withResolvers<Packet>();
    this.#waiting.set(answer, waiting);
    this.#socket.write(generate(packet, { protocolVersion: 4 }));

    return waiting.promise;
  }
}
