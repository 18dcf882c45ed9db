import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nextPresence, type Presence, type PresenceEvent, presenceEvent } from '../../../core/link/presence.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 10, 24, 10);

function event(eventType: PresenceEvent['eventType'], changes: Partial<PresenceEvent> = {}): PresenceEvent {
  return { clientId: 'd1', eventType, sessionIdentifier: 's0', versionNumber: 0, timestamp: START, ...changes };
}

function after(...events: PresenceEvent[]): Presence | undefined {
  return events.reduce<Presence | undefined>(nextPresence, undefined);
}

/** One connection of a client: how long nobody was connected before it, how long it lasted, how it was ended. */
interface Connection {
  readonly gap: number;
  readonly lasted: number;
  readonly skipped: number;
  /** A second client with the same id came: this one ends only after it. */
  readonly takenOver: boolean;
  readonly keepsSession: boolean;
  readonly jitter: readonly [number, number];
}

const duration = fc.oneof(
  fc.integer({ min: 0, max: 2000 }),
  fc.integer({ min: 0, max: 20 * MINUTE }),
  fc.integer({ min: 55 * MINUTE, max: 2 * HOUR }),
  fc.integer({ min: 0, max: 100 * HOUR }),
);
const jitter = fc.integer({ min: -2 * MINUTE, max: 2 * MINUTE });
const connection: fc.Arbitrary<Connection> = fc.record({
  gap: duration,
  lasted: duration,
  skipped: fc.integer({ min: 0, max: 3 }),
  takenOver: fc.boolean(),
  keepsSession: fc.boolean(),
  jitter: fc.tuple(jitter, jitter),
});

/** What AWS IoT would say of these connections, in the order in which it happened, time stamps as inexact as they are. */
function history(connections: readonly Connection[], stillOnline: boolean): PresenceEvent[] {
  let now = START;
  let version = -1;
  let session = 0;
  let takenOver = false;

  return connections.flatMap((one, i) => {
    const gap = takenOver ? 0 : one.gap;
    now += gap;
    const reset = gap > HOUR;
    version = reset ? 0 : version + 1 + one.skipped;
    session += one.keepsSession && !reset && !takenOver ? 0 : 1;
    const fields = { sessionIdentifier: `s${session}`, versionNumber: version };
    const connected = event('connected', { ...fields, timestamp: now + one.jitter[0] });
    now += one.lasted;
    const last = i === connections.length - 1;
    takenOver = one.takenOver && !last;
    if (last && stillOnline) {
      return [connected];
    }
    const disconnectReason = takenOver ? 'DUPLICATE_CLIENTID' : 'CONNECTION_LOST';

    return [connected, event('disconnected', { ...fields, timestamp: now + one.jitter[1], disconnectReason })];
  });
}

test('however events are shuffled, doubled and dated, the last one that happened decides', () => {
  const runs = fc
    .tuple(fc.array(connection, { minLength: 1, maxLength: 12 }), fc.boolean())
    .map(([connections, stillOnline]) => history(connections, stillOnline))
    .chain((events) =>
      fc.record({
        last: fc.constant(events.at(-1) as PresenceEvent),
        arrived: fc
          .array(fc.constantFrom(...events), { maxLength: events.length })
          .chain((doubles) => shuffled([...events, ...doubles])),
      }),
    );

  fc.assert(
    fc.property(runs, ({ last, arrived }) => {
      expect(after(...arrived)).toEqual(after(last));
    }),
    { numRuns: 2000 },
  );
});

function shuffled<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc
    .shuffledSubarray([...items.keys()], { minLength: items.length })
    .map((places) => places.map((i) => items[i] as T));
}

test('an event that changes nothing answers what there was', () => {
  const current = after(event('connected'), event('disconnected', { timestamp: START + 5 })) as Presence;

  expect(nextPresence(current, event('connected'))).toBe(current);
  expect(nextPresence(current, event('disconnected', { timestamp: START + 5 }))).toBe(current);
});

test('a client that is taken over is online, although its older connection ends last', () => {
  const presence = after(
    event('connected', { versionNumber: 3 }),
    event('connected', { versionNumber: 4, sessionIdentifier: 's1', timestamp: START + 1000 }),
    event('disconnected', { versionNumber: 3, timestamp: START + 1100, disconnectReason: 'DUPLICATE_CLIENTID' }),
  );

  expect(presence).toEqual({ online: true, at: START + 1000, session: 's1', version: 4 });
});

test('a version that started again after an hour is newer, also when the old end arrives last', () => {
  const old = [
    event('connected', { versionNumber: 57 }),
    event('disconnected', { versionNumber: 57, timestamp: START + 1 }),
  ];
  const back = event('connected', { sessionIdentifier: 's1', timestamp: START + 2 * HOUR });

  expect(after(...old, back)).toMatchObject({ online: true, version: 0 });
  expect(after(back, ...old)).toMatchObject({ online: true, version: 0 });
});

test('the reason of the end is kept', () => {
  expect(after(event('disconnected', { disconnectReason: 'MQTT_KEEP_ALIVE_TIMEOUT' }))).toMatchObject({
    online: false,
    reason: 'MQTT_KEEP_ALIVE_TIMEOUT',
  });
});

test('an event is read as AWS sends it; what is no connection is none', () => {
  const connected = {
    ...event('connected'),
    principalIdentifier: 'd1',
    ipAddress: '192.0.2.1',
  };

  expect(presenceEvent(connected)).toMatchObject(event('connected'));
  for (const payload of [
    undefined,
    null,
    'text',
    {},
    { ...connected, eventType: 'connect_failed' },
    { ...connected, timestamp: 'now' },
  ]) {
    expect(presenceEvent(payload)).toBeUndefined();
  }
});
