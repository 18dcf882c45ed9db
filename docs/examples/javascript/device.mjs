// A device: reports every line it reads, answers the commands it gets, and comes back when it was cut off.
//
// Needs MQTT.js: npm install mqtt (5). Paho's own client for JavaScript speaks MQTT over WebSockets only, which are not offered.
// Settings are environment variables; docs/device-makers.md lists them.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { connect } from 'mqtt';

const { HOST, PORT, CLIENT_ID, PASSWORD, PUBLISH, SUBSCRIBE, CA_FILE, CERT_FILE, KEY_FILE, WILL } = process.env;
const ANSWERS = `/v1/devices/${CLIENT_ID}/commandResponse`;
// The broker discards what is beyond 100 messages a second; this many on their way never reach that.
const IN_FLIGHT = 20;
const LONGEST_PAUSE_MS = 120_000;

// A fleet that comes back after a power cut must not come at the same moment.
const firstPause = 1000 + Math.random() * 4000;
let lastCommand;
const say = (text) => process.stdout.write(`${text}\n`);

const client = connect(`${CA_FILE ? 'mqtts' : 'mqtt'}://${HOST}:${PORT}`, {
  protocolVersion: 4, // 3.1.1
  clientId: CLIENT_ID,
  clean: false,
  keepalive: 60,
  reconnectPeriod: firstPause,
  reconnectOnConnackError: true,
  ...(PASSWORD ? { username: CLIENT_ID, password: PASSWORD } : {}),
  ...(CA_FILE ? { ALPNProtocols: ['mqtt'], servername: HOST } : {}),
  ...(CA_FILE && CA_FILE !== 'system' ? { ca: readFileSync(CA_FILE) } : {}),
  ...(CERT_FILE ? { cert: readFileSync(CERT_FILE), key: readFileSync(KEY_FILE) } : {}),
  ...(WILL ? { will: { topic: PUBLISH, payload: WILL, qos: 1, retain: false } } : {}),
});

client.on('connect', () => {
  say('connected');
  client.options.reconnectPeriod = firstPause;
  // After every connect: commands that wait are sent when the subscription is there.
  client.subscribe(SUBSCRIBE, { qos: 1 });
});
client.on('error', (error) => say(`refused: ${error.message}`));
client.on('close', () => {
  say('disconnected');
  client.options.reconnectPeriod = Math.min(client.options.reconnectPeriod * 2, LONGEST_PAUSE_MS);
});
client.on('message', (_topic, payload) => {
  const { mid, cmd, paras } = JSON.parse(payload.toString());
  if (mid === lastCommand) return; // with QoS 1 a message may come twice
  lastCommand = mid;
  say(`command ${cmd} ${JSON.stringify(paras)}`);
  client.publish(ANSWERS, JSON.stringify({ msgType: 'deviceRsp', mid, errcode: 0, body: {} }), { qos: 1 });
});

const open = new Set();
for await (const line of createInterface({ input: process.stdin })) {
  while (open.size >= IN_FLIGHT) await Promise.race(open);
  // Without a connection MQTT.js keeps the message, and sends it when it is back.
  const sent = client.publishAsync(PUBLISH, line.trim(), { qos: 1 }).then(() => {
    open.delete(sent);
    say('acknowledged');
  });
  open.add(sent);
}
await Promise.all(open);
await client.endAsync();
