import { createServer, type Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { EngineHost, MqttEngine } from '../engines.ts';
import { type Listener, listen } from '../listen.ts';
import { Broker } from './broker.ts';
import { type Certificates, certificates } from './certificates.ts';
import { Connection } from './connection.ts';
import { connectionJournal } from './connection-journal.ts';
import { type ClientTls, logIn } from './login.ts';
import { LoginGate } from './login-gate.ts';
import { retainedMessages } from './retained-messages.ts';

/**
 * Log-ins that are judged at a time. AWS runs as many authorizers as devices come at once; here a password check takes a core, and of a
 * thousand at once each would take longer than the five seconds an authorizer has. So they wait before their time begins.
 */
const LOGINS_AT_ONCE = Math.min(2 * availableParallelism(), 10);

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
  const gate = new LoginGate(LOGINS_AT_ONCE);
  const journal = connectionJournal(join(directory, 'connections.jsonl'));
  const broker = new Broker({
    async logIn(request) {
      const judge = () => logIn(request, { iot: host.engines.iot, lambda: host.engines.lambda });

      return (await gate.pass(judge, () => !request.isGone())) ?? { refused: 'the client has left' };
    },
    rules: { accept: (message) => host.engines.rules.accept(message) },
    retained,
    journal,
    count: (name) => host.engines.metrics.record({ namespace: 'AWS/IoT', name, dimensions: { Protocol: 'MQTT' } }, 1),
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
      // A certificate is asked for, not demanded: devices with passwords have none.
      const trust = { ca: host.engines.iot.deviceAuthority, requestCert: true, rejectUnauthorized: false };
      const secure = createTlsServer({ ...own, ...trust, ALPNProtocols: ['mqtt'] }, (socket) => {
        void new Connection(socket, clientTls(socket), broker);
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
    publish: (topic, payload, qos) => broker.publish({ topic, payload, qos, retain: false, properties: {} }),
  };
}

function clientTls(socket: TLSSocket): ClientTls {
  // Without a certificate an empty object, or on a socket that is gone already nothing.
  const { raw } = (socket.getPeerCertificate() ?? {}) as { raw?: Buffer };
  const untrusted = raw === undefined || socket.authorized ? undefined : String(socket.authorizationError);

  return { serverName: serverName(socket), certificate: raw, untrusted };
}

/** `false` on a socket without SNI. */
function serverName({ servername }: TLSSocket & { servername?: string | false | null }): string | undefined {
  return servername || undefined;
}
