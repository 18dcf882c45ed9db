import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { EngineHost, MqttEngine } from '../engines.ts';
import { type Listener, listen } from '../listen.ts';
import { Broker } from './broker.ts';
import { type Certificates, certificates } from './certificates.ts';
import { Connection } from './connection.ts';
import { connectionJournal } from './connection-journal.ts';
import { logIn } from './login.ts';
import { retainedMessages } from './retained-messages.ts';

/** What a stop waits for, so that it is known who was disconnected by it; the rest is said at the next start. */
const LAST_WORDS_MS = 3000;

/**
 * AWS IoT Core's message broker on two ports: TLS with and without ALPN `mqtt` (AWS: port 443 with it), and, a local
 * convenience, plain. Log-ins go through the domain configuration's authorizer, messages to subscribers and rules.
 */
export function createMqttEngine(host: EngineHost): MqttEngine {
  const directory = join(host.state, 'mqtt');
  const log = host.logs('mqtt');
  const retained = retainedMessages(join(directory, 'retained.json'));
  const journal = connectionJournal(join(directory, 'connections.jsonl'));
  const broker = new Broker({
    logIn: (request) => logIn(request, { iot: host.engines.iot, lambda: host.engines.lambda }),
    rules: { accept: (message) => host.engines.rules.accept(message) },
    retained,
    journal,
    log,
  });
  const listeners: Listener[] = [];
  let own: Certificates | undefined;

  return {
    ca: join(directory, 'ca.pem'),
    async start() {
      retained.load();
      journal.load();
      own = await certificates(directory);
    },
    async open() {
      broker.lifeCycle.recover();
      const plain = createServer((socket) => void new Connection(socket, undefined, broker));
      const secure = createTlsServer({ ...own, ca: undefined, ALPNProtocols: ['mqtt'] }, (socket) => {
        void new Connection(socket, { serverName: serverName(socket) }, broker);
      });
      secure.on('tlsClientError', (error: Error, socket: Socket) => {
        log.warn('refused', { reason: `TLS: ${error.message}`, sourcePort: socket.remotePort });
      });
      listeners.push(await listen(plain, host.ports.mqtt, 'MQTT'));
      listeners.push(await listen(secure, host.ports.mqtts, 'MQTTS'));
    },
    async stop() {
      broker.close();
      await Promise.all(listeners.splice(0).map((listener) => listener.close()));
      await broker.lifeCycle.close(LAST_WORDS_MS);
    },
    async disconnect(clientId) {
      const connection = broker.connection(clientId);
      connection?.end('API_INITIATED_DISCONNECT', { reason: 'administrative-action' });

      return connection !== undefined;
    },
  };
}

/** `false` on a socket without SNI. */
function serverName({ servername }: TLSSocket & { servername?: string | false | null }): string | undefined {
  return servername || undefined;
}
