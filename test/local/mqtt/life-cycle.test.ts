import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { connectionJournal } from '../../../local/mqtt/connection-journal.ts';
import { LifeCycle } from '../../../local/mqtt/life-cycle.ts';
import { allow, type BrokerFixture, granted, once, startBroker, until } from './broker-fixture.ts';

const HOUR = 3_600_000;
const state = mkdtempSync(join(tmpdir(), 'causeway-mqtt-'));
const path = join(state, 'mqtt', 'connections.jsonl');
let broker: BrokerFixture | undefined;

afterEach(async () => {
  await broker?.stop();
  broker = undefined;
  rmSync(state, { recursive: true, force: true });
});

test('a connection and its end are told as AWS tells them, with one version and session', async () => {
  broker = await startBroker();
  const client = await broker.connect();
  await client.endAsync();
  await until(() => broker?.presence.length === 2);

  const [connected, disconnected] = broker.presence;
  const session = connected?.payload['sessionIdentifier'];
  expect(connected).toEqual({
    topic: '$aws/events/presence/connected/d1',
    payload: {
      clientId: 'd1',
      timestamp: expect.any(Number),
      eventType: 'connected',
      sessionIdentifier: expect.stringMatching(/^[0-9a-f-]{36}$/),
      principalIdentifier: 'device1',
      ipAddress: '127.0.0.1',
      versionNumber: 0,
    },
  });
  expect(disconnected).toEqual({
    topic: '$aws/events/presence/disconnected/d1',
    payload: {
      clientId: 'd1',
      timestamp: expect.any(Number),
      eventType: 'disconnected',
      clientInitiatedDisconnect: true,
      sessionIdentifier: session,
      principalIdentifier: 'device1',
      disconnectReason: 'CLIENT_INITIATED_DISCONNECT',
      versionNumber: 0,
    },
  });
});

test('a client that is taken over ends before the new connection begins, whose version is higher', async () => {
  broker = await startBroker();
  await broker.connect();
  await broker.connect();
  await until(() => broker?.presence.length === 3);

  expect(broker.presence.map(({ payload }) => [payload['eventType'], payload['versionNumber']])).toEqual([
    ['connected', 0],
    ['disconnected', 0],
    ['connected', 1],
  ]);
  expect(broker.presence[1]?.payload).toMatchObject({
    clientInitiatedDisconnect: false,
    disconnectReason: 'DUPLICATE_CLIENTID',
  });
});

test('a log-in does not wait for its event, and one that is refused has none', async () => {
  const gate = Promise.withResolvers<void>();
  broker = await startBroker({
    acceptPresence: () => gate.promise,
    authorize: ({ protocolData }: { protocolData: { mqtt: { clientId: string } } }) =>
      protocolData.mqtt.clientId === 'd1' ? granted() : { isAuthenticated: false, principalId: 'refused' },
  } as never);
  await broker.connect();
  await expect(broker.connect({ clientId: 'd2' })).rejects.toThrow();
  expect(broker.presence.length).toBe(0);

  gate.resolve();
  await until(() => broker?.presence.length === 1);

  expect(broker.presence[0]?.payload['clientId']).toBe('d1');
});

test('a subscription is told with its filters, those that were granted', async () => {
  broker = await startBroker();
  const client = await broker.connect();
  await client.subscribeAsync(['p/in/d1', 'p/in/other'], { qos: 1 }).catch(() => undefined);
  await until(() => broker?.subscriptions.length === 1);

  expect(broker.subscriptions).toEqual([
    {
      topic: '$aws/events/subscriptions/subscribed/d1',
      payload: {
        clientId: 'd1',
        timestamp: expect.any(Number),
        eventType: 'subscribed',
        sessionIdentifier: broker.presence[0]?.payload['sessionIdentifier'],
        principalIdentifier: 'device1',
        topics: ['p/in/d1'],
      },
    },
  ]);
});

test('clients that may subscribe to the events of others get them', async () => {
  const filter = '$aws/events/presence/+/+';
  const more = [
    allow('iot:Subscribe', `topicfilter/${filter}`),
    allow('iot:Receive', 'topic/$aws/events/presence/*'),
    allow('iot:Connect', 'client/*'),
  ];
  broker = await startBroker({ authorize: () => granted('d1', more) });
  const watcher = await broker.connect();
  await watcher.subscribeAsync(filter);
  const told = once<string>(watcher, 'message');
  await broker.connect({ clientId: 'd2' });

  expect(await told).toBe('$aws/events/presence/connected/d2');
});

test('a stop tells of everybody it disconnects; the next start has nothing to add', async () => {
  broker = await startBroker({ state });
  await broker.connect();
  await broker.stop();
  const reasons = broker.presence.map(({ payload }) => payload['disconnectReason']);

  broker = await startBroker({ state });

  expect(reasons).toEqual([undefined, 'SERVER_INITIATED_DISCONNECT']);
  expect(broker.presence).toEqual([]);
});

test('who was connected when the runtime was killed is disconnected at its next start, and what was not said is said', async () => {
  broker = await startBroker({ state });
  await broker.connect();
  const lines = readFileSync(path, 'utf8');
  await broker.stop();
  const gone = { ...JSON.parse(lines.split('\n')[0] as string), clientId: 'd2', disconnectReason: 'CONNECTION_LOST' };
  // As a kill leaves it, cut short in the middle of a line.
  writeFileSync(path, `${lines}${JSON.stringify({ ...gone, told: false })}\n{"clientId":"d3","ses`);

  broker = await startBroker({ state });
  await until(() => broker?.presence.length === 2);
  const told = broker.presence.map(({ payload }) => payload);
  await broker.connect();
  await until(() => broker?.presence.length === 3);

  expect(told).toEqual([
    expect.objectContaining({ clientId: 'd1', disconnectReason: 'SERVER_ERROR', versionNumber: 0 }),
    expect.objectContaining({ clientId: 'd2', disconnectReason: 'CONNECTION_LOST' }),
  ]);
  expect(broker.presence.at(-1)?.payload).toMatchObject({ eventType: 'connected', versionNumber: 1 });
});

function lifeCycle(publish: () => Promise<void>, now: () => number) {
  const journal = connectionJournal(path);
  const warnings: unknown[] = [];
  journal.load();
  const log = { warn: (message: string, fields: object) => void warnings.push({ message, ...fields }) } as never;

  return { journal, warnings, events: new LifeCycle({ journal, publish, log, now }) };
}
const CONNECTION = { clientId: 'd1', sessionIdentifier: 's', principalIdentifier: 'p', ipAddress: '127.0.0.1' };

test('a version starts again when nobody was connected for an hour, and goes on within it', () => {
  let now = 0;
  const { journal, events } = lifeCycle(
    async () => {},
    () => now,
  );
  const versions = [0, HOUR - 1, HOUR + 1, 1].map((pause) => {
    now += pause;
    events.begun(CONNECTION);
    // A connection of any length keeps its version.
    now += 10 * HOUR;
    events.ended('d1', 'CONNECTION_LOST');

    return journal.find('d1')?.versionNumber;
  });

  expect(versions).toEqual([0, 1, 0, 1]);
});

test('an event that the rules do not take is a warning, and is said again at the next start', async () => {
  const { warnings, journal, events } = lifeCycle(
    () => Promise.reject(new RangeError('no room')),
    () => 5,
  );
  events.begun(CONNECTION);
  events.ended('d1', 'CONNECTION_LOST');
  await events.close(1000);

  expect(warnings).toMatchObject([
    { message: 'life-cycle event not taken', clientId: 'd1', reason: 'no room' },
    { eventType: 'disconnected' },
  ]);
  expect(journal.find('d1')).toMatchObject({ told: false });
});

test('a client id with a wildcard in it has no events', async () => {
  const told: unknown[] = [];
  const { events } = lifeCycle(
    async () => void told.push(1),
    () => 0,
  );
  events.begun({ ...CONNECTION, clientId: 'd+1' });
  await events.close(1000);

  expect(told).toEqual([]);
});

test('the journal is written anew before it grows without limit', () => {
  const { journal } = lifeCycle(
    async () => {},
    () => 0,
  );
  const entry = { ...CONNECTION, versionNumber: 0, timestamp: 0, told: true };
  for (let i = 0; i < 15_000; i += 1) journal.note({ ...entry, versionNumber: i });

  expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(10_010);
  expect(journal.find('d1')?.versionNumber).toBe(14_999);
  journal.close();
  expect(readFileSync(path, 'utf8').split('\n').length).toBe(2);
});
