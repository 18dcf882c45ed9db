import { describe, expect, test } from '@jest/globals';
import { array, assert, asyncProperty, constantFrom, nat, record } from 'fast-check';
import type { DeviceRecord } from '../../../core/link/device.ts';
import { eventsOf, type FoundEvent, refusalEvents } from '../../../core/link/device-event.ts';
import { refusalCounter } from '../../../core/link/refusal-counter.ts';
import { type EventSubscription, type TellPorts, tellDeviceEvents } from '../../../core/link/tell-device-events.ts';
import { decodeEnvelope, payloadText } from '../../../core/mqs/envelope.ts';
import { deviceOf, presenceOf, START } from './command-store.ts';

const DEVICE = deviceOf('S-1', { gateway: 'd-GW' });
const change = (before: DeviceRecord | undefined, after: DeviceRecord | undefined) =>
  eventsOf({ at: START, before, after }).map(({ type, event }) => [type, event] as const);

describe('what a change of a device means', () => {
  test.each([
    ['it is registered', undefined, DEVICE, [['added', { notifyType: 'deviceAdded', status: '0', gatewayId: 'd-GW' }]]],
    ['it is removed', DEVICE, undefined, [['deleted', { notifyType: 'deviceDeleted', deviceIdentifier: 'S-1' }]]],
    ['it is disabled', DEVICE, { ...DEVICE, enabled: false }, [['changed', { changed: ['enabled'], status: '1' }]]],
    ['it comes', DEVICE, { ...DEVICE, presence: presenceOf(true) }, [['online', { notifyType: 'deviceOnline' }]]],
    [
      'it goes',
      { ...DEVICE, presence: presenceOf(true) },
      { ...DEVICE, presence: { ...presenceOf(false), reason: 'CONNECTION_LOST' } },
      [['offline', { reason: 'CONNECTION_LOST' }]],
    ],
    ['nothing that is told', DEVICE, { ...DEVICE, passwordHash: 'other', listening: { session: 's', at: 1 } }, []],
  ] as const)('%s', (_, before, after, expected) => {
    expect(change(before as never, after as never)).toEqual(
      expected.map(([type, event]) => [type, expect.objectContaining(event)]),
    );
  });

  test('entries of the index, which lie in the same table, are no devices; no event holds a password', () => {
    const entry = { clientId: 'p1#tag#x#S-1', term: 'p1#tag#x', deviceId: 'S-1', of: 'd-S-1' };

    expect(eventsOf({ at: START, after: entry })).toEqual([]);
    expect(eventsOf({ at: START, before: entry })).toEqual([]);
    expect(JSON.stringify(change(undefined, DEVICE))).not.toContain('hash');
  });
});

describe('refused log-ins', () => {
  const refused = (at: number, total = 1) => ({ clientId: 'd-S-1', total, at, reason: 'WrongPassword' });

  test('are told once a minute, with how many there were', () => {
    const tell = (before: object | undefined, after: object) => refusalEvents({ at: START, before, after }, DEVICE);

    expect(tell(undefined, refused(START))).toMatchObject([
      { type: 'refused', event: { reason: 'WrongPassword', refusedLogins: 1, deviceIdentifier: 'S-1' } },
    ]);
    expect(tell(refused(START), refused(START + 59_000, 900))).toEqual([]);
    expect(tell(refused(START), refused(START + 60_000, 901))).toMatchObject([{ event: { refusedLogins: 901 } }]);
  });

  test('are written seldom, and all of them counted; made-up client ids are counted together', async () => {
    const added: { readonly clientId: string; readonly count: number }[] = [];
    const count = refusalCounter({ add: async (refusals) => added.push(refusals), failed: () => undefined });
    for (let i = 0; i < 100; i += 1) {
      await count({ clientId: 'd-S-1', reason: 'WrongPassword', at: START + i });
      await count({ clientId: `d-made-up-${i}`, reason: 'UnknownDevice', at: START + i });
    }
    await count({ clientId: 'd-S-1', reason: 'WrongPassword', at: START + 20_000 });

    expect(added).toMatchObject([
      { clientId: 'd-S-1', count: 1 },
      { clientId: 'unknown', count: 1 },
      { clientId: 'd-S-1', count: 100 },
    ]);
  });

  test('that cannot be counted keep nobody out', async () => {
    const failures: unknown[] = [];
    const count = refusalCounter({
      add: () => Promise.reject(new TypeError('throttled')),
      failed: (error) => failures.push(error),
    });

    await expect(count({ clientId: 'd', reason: 'WrongPassword', at: START })).resolves.toBeUndefined();
    expect(failures).toHaveLength(1);
  });
});

describe('telling', () => {
  const ALL: EventSubscription = { name: 'all', events: ['online', 'offline'], stream: 'events' };
  const event = (device: string, n: number): FoundEvent =>
    eventsOf({ at: n, after: deviceOf(device, { presence: presenceOf(true, String(n)) }) })[1] as FoundEvent;
  const told: { readonly stream: string; readonly device: string; readonly id: string; readonly text: string }[] = [];
  const ports = (fails: () => string | undefined = () => undefined): TellPorts => ({
    put: async (stream, entries) =>
      entries.map(({ data }) => {
        const error = fails();
        if (error !== undefined) {
          return { error, message: '' };
        }
        const envelope = decodeEnvelope(data.toString('base64'));
        if (typeof envelope === 'string') {
          throw new TypeError(envelope);
        }
        told.push({ stream, device: envelope.clientId, id: envelope.traceId, text: payloadText(envelope) ?? '' });

        return { shard: 's', sequenceNumber: '1' };
      }),
    pause: async () => undefined,
    lost: ({ name }) => told.push({ stream: 'lost', device: name, id: '', text: '' }),
  });

  test('only what is subscribed to, of the product that is', async () => {
    told.length = 0;
    const others = { ...ALL, name: 'others', productId: 'p9999' };
    const changes = [{ id: '1', events: [...eventsOf({ at: 1, after: DEVICE }), event('S-1', 1)] }];

    expect(await tellDeviceEvents(ports(), [ALL, others], changes)).toBe(1);
    expect(told.map(({ text }) => JSON.parse(text).notifyType)).toEqual(['deviceOnline']);
  });

  test('each device in its order, whatever fails in between, and nothing is left out', async () => {
    const plan = record({
      devices: array(nat(3), { minLength: 1, maxLength: 30 }),
      faults: array(constantFrom(true, false), { maxLength: 40 }),
    });
    await assert(
      asyncProperty(plan, async ({ devices, faults: given }) => {
        const faults = [...given];
        told.length = 0;
        const changes = devices.map((device, n) => ({ id: String(n), events: [event(`S-${device}`, n)] }));
        const failing = ports(() => (faults.shift() === true ? 'InternalFailure' : undefined));
        for (let from = 0; from < changes.length; ) {
          from += await tellDeviceEvents(failing, [ALL], changes.slice(from));
        }

        for (const device of new Set(devices)) {
          const numbers = told
            .filter((one) => one.device === `d-S-${device}`)
            .map(({ id }) => Number(id.split('-')[0]));
          const first = numbers.filter((number, at) => numbers.indexOf(number) === at);
          expect(first).toEqual(devices.flatMap((one, n) => (one === device ? [n] : [])));
        }
      }),
    );
  });

  test('a topic that is gone holds up nobody', async () => {
    told.length = 0;

    expect(
      await tellDeviceEvents(
        ports(() => 'ResourceNotFoundException'),
        [ALL],
        [{ id: '1', events: [event('S-1', 1)] }],
      ),
    ).toBe(1);
    expect(told).toMatchObject([{ stream: 'lost', device: 'all' }]);
  });
});
