import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import type { EngineHost, Engines, MqttEngine, MqttMessage } from '../../../local/engines.ts';
import type { Log } from '../../../local/log.ts';
import { createMqttEngine } from '../../../local/mqtt/mqtt-engine.ts';

interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface BrokerFixture {
  readonly engine: MqttEngine;
  readonly ports: { readonly mqtt: number; readonly mqtts: number };
  readonly lines: LogLine[];
  readonly events: unknown[];
  readonly messages: MqttMessage[];
  /** Life-cycle events: topics and payloads. */
  readonly presence: { readonly topic: string; readonly payload: Readonly<Record<string, unknown>> }[];
  /** The same, of subscriptions. */
  readonly subscriptions: BrokerFixture['presence'];
  /** What was measured, by its name. */
  readonly counts: Readonly<Record<string, number>>;
  /** Lines with this message, oldest first. */
  logged(message: string): LogLine[];
  connect(options?: IClientOptions & { readonly tls?: boolean }): Promise<MqttClient>;
  client(options?: IClientOptions & { readonly tls?: boolean }): MqttClient;
  stop(): Promise<void>;
}

export interface BrokerOptions {
  /** PEM; whom the broker believes about certificates of devices. */
  readonly deviceAuthority?: string;
  /** Of whatever certificate is shown. */
  readonly certificateStatus?: 'ACTIVE' | 'INACTIVE' | 'REVOKED';
  /** What the authorizer answers; the device's own policy when absent. */
  readonly authorize?: (event: never) => unknown;
  readonly accept?: (message: MqttMessage) => Promise<void>;
  /** What the rules do with a life-cycle event. */
  readonly acceptPresence?: () => Promise<void>;
  readonly state?: string;
}

export const AUTHORIZER_ARN = 'arn:aws:iot:us-east-1:000000000000:authorizer/device';
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:authorize-device';
const arn = (resource: string) => `arn:aws:iot:us-east-1:000000000000:${resource}`;

/** A good answer: this client id, its out topic and its in topic. */
export function granted(clientId = 'd1', more: readonly object[] = []) {
  return {
    isAuthenticated: true,
    principalId: 'device1',
    disconnectAfterInSeconds: 86_400,
    refreshAfterInSeconds: 300,
    policyDocuments: [
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: 'iot:Connect', Resource: arn(`client/${clientId}`) },
          { Effect: 'Allow', Action: 'iot:Publish', Resource: arn(`topic/p/out/${clientId}`) },
          { Effect: 'Allow', Action: 'iot:Subscribe', Resource: arn(`topicfilter/p/in/${clientId}`) },
          { Effect: 'Allow', Action: 'iot:Receive', Resource: arn(`topic/p/in/${clientId}`) },
          ...more,
        ],
      }),
    ],
  };
}

export function allow(action: string, resource: string) {
  return { Effect: 'Allow', Action: action, Resource: arn(resource) };
}

export async function startBroker(options: BrokerOptions = {}): Promise<BrokerFixture> {
  const state = options.state ?? mkdtempSync(join(tmpdir(), 'causeway-mqtt-'));
  const ports = { mqtt: await freePort(), mqtts: await freePort() };
  const lines: LogLine[] = [];
  const events: unknown[] = [];
  const messages: MqttMessage[] = [];
  const presence: BrokerFixture['presence'] = [];
  const subscriptions: BrokerFixture['presence'] = [];
  const counts: Record<string, number> = {};
  const engines = {
    iot: {
      authorizerFor: () => ({ functionArn: FUNCTION_ARN, authorizerArn: AUTHORIZER_ARN }),
      deviceAuthority: options.deviceAuthority,
      certificateStatus: () => options.certificateStatus,
    },
    lambda: {
      async invoke(target: string, payload: never, { caller }: { caller?: unknown } = {}) {
        events.push({ target, payload, caller });
        const answer = options.authorize?.(payload) ?? granted();
        return (await answer) instanceof Error
          ? { functionError: 'Unhandled', payload: {} }
          : { payload: await answer };
      },
    },
    metrics: {
      record({ name }: { name: string }) {
        counts[name] = (counts[name] ?? 0) + 1;
      },
    },
    rules: {
      async accept(message: MqttMessage) {
        if (message.topic.startsWith('$aws/events/')) {
          await options.acceptPresence?.();
          const events = message.topic.startsWith('$aws/events/presence/') ? presence : subscriptions;
          events.push({ topic: message.topic, payload: JSON.parse(message.payload.toString()) });
          return;
        }
        messages.push(message);
        await options.accept?.(message);
      },
    },
  } as unknown as Engines;
  const logs = Object.assign(() => collector(lines), { close() {} });
  const engine = createMqttEngine({ state, ports, logs, engines, progress() {} } as unknown as EngineHost);
  await engine.start();
  await engine.open?.();
  const clients: MqttClient[] = [];

  const client: BrokerFixture['client'] = ({ tls = false, ...rest } = {}) => {
    const security = tls ? { ca: readFileSync(engine.ca) } : {};
    const made = mqtt.connect(tls ? `mqtts://localhost:${ports.mqtts}` : `mqtt://127.0.0.1:${ports.mqtt}`, {
      clientId: 'd1',
      username: 'd1',
      password: 'secret',
      reconnectPeriod: 0,
      ...security,
      ...rest,
    });
    made.on('error', () => {});
    clients.push(made);
    return made;
  };

  return {
    engine,
    ports,
    lines,
    events,
    messages,
    presence,
    counts,
    subscriptions,
    logged: (message) => lines.filter((line) => line.message === message),
    client,
    connect: (clientOptions) =>
      new Promise((resolve, reject) => {
        const made = client(clientOptions);
        made.once('connect', () => resolve(made));
        made.once('error', reject);
      }),
    async stop() {
      for (const one of clients) one.end(true);
      await engine.stop();
      if (options.state === undefined) rmSync(state, { recursive: true, force: true });
    },
  };
}

/** Resolves with the event's first argument. */
export function once<T>(client: MqttClient, event: 'close' | 'disconnect' | 'error' | 'message'): Promise<T> {
  return new Promise((resolve) => client.once(event as never, ((first: T) => resolve(first)) as never));
}

/** Writes a packet past the client's own checks. */
export function send(client: MqttClient, packet: object): void {
  (client as unknown as { _writePacket(packet: object): void })._writePacket(packet);
}

/** Waits for a condition that a message on its way will make true. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function collector(lines: LogLine[]): Log {
  const write = (level: LogLine['level']) => (message: string, fields?: Readonly<Record<string, unknown>>) =>
    void lines.push({ level, message, ...fields });

  return { info: write('info'), warn: write('warn'), error: write('error'), line: () => {} };
}
