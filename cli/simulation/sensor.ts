import { connect, type MqttClient } from 'mqtt';
import { CommandFailed } from '../errors.ts';
import type { DeviceCredentials } from '../management-client.ts';

/** Where sensors connect. */
export interface Broker {
  /** `mqtt://127.0.0.1:1883`, `mqtts://….iot.us-east-1.amazonaws.com:443` */
  readonly url: string;
  /** Certificate of the broker's authority, in PEM, where the system does not know it. */
  readonly ca?: Buffer;
  /** AWS IoT Core asks for ALPN `mqtt` on port 443 (iot/latest/developerguide/protocols). */
  readonly alpn?: readonly string[];
}

/** AWS IoT Core takes 100 unacknowledged messages a client (general/latest/gr/iot-core). */
const WINDOW = 100;
/** Messages of one sensor are at least this far apart, also when it catches up: 100/s a connection. */
const APART_MS = 10;

/** One connected device that sends with QoS 1; after a lost connection the client sends again what was not acknowledged. */
export class Sensor {
  readonly credentials: DeviceCredentials;
  readonly #client: MqttClient;
  #unacknowledged = 0;
  #lastSent = Number.NEGATIVE_INFINITY;
  #sent = 0;

  private constructor(client: MqttClient, credentials: DeviceCredentials) {
    this.#client = client;
    this.credentials = credentials;
  }

  static connect(broker: Broker, credentials: DeviceCredentials): Promise<Sensor> {
    const { promise, resolve, reject } = Promise.withResolvers<Sensor>();
    const client = connect(broker.url, {
      clientId: credentials.clientId,
      username: credentials.username,
      password: credentials.password,
      protocolVersion: 4,
      reconnectPeriod: 1000,
      connectTimeout: 20_000,
      ...(broker.ca === undefined ? {} : { ca: broker.ca }),
      ...(broker.alpn === undefined ? {} : { ALPNProtocols: [...broker.alpn] }),
    });
    const refuse = (cause: Error) => {
      client.end(true);
      const why = `${credentials.device} could not log in at ${broker.url}: ${cause.message || 'no connection'}`;
      reject(new CommandFailed(`${why}.`, { cause }));
    };
    client.once('error', refuse);
    client.once('connect', () => {
      client.off('error', refuse);
      client.on('error', () => undefined); // it connects again by itself; what stays unacknowledged is counted
      resolve(new Sensor(client, credentials));
    });

    return promise;
  }

  /** How many messages it has sent. */
  get sent(): number {
    return this.#sent;
  }

  /** Whether the platform would take a message of this sensor now. */
  ready(now: number): boolean {
    return this.#client.connected && this.#unacknowledged < WINDOW && now - this.#lastSent >= APART_MS;
  }

  /** @param acknowledged called once, when the broker's PUBACK is there */
  report(status: string, now: number, acknowledged: () => void): void {
    this.#sent += 1;
    this.#unacknowledged += 1;
    this.#lastSent = now;
    const payload = JSON.stringify({ deviceId: this.credentials.device, status });
    this.#client.publish(this.credentials.publish, payload, { qos: 1 }, (error) => {
      this.#unacknowledged -= 1;
      if (!error) acknowledged();
    });
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }
}
