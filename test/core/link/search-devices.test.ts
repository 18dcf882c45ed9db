import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DeviceRecord } from '../../../core/link/device.ts';
import { DEVICE_STATES, stateOf, type TagEntry } from '../../../core/link/device-terms.ts';
import { type DeviceCriteria, searchDevices } from '../../../core/link/search-devices.ts';
import { type DeviceItems, deviceStore, termOf } from '../../../core/link/store-device.ts';

/** A table with its two indexes, in memory. */
class Table {
  readonly items = new Map<string, DeviceRecord>();
  readonly entries = new Map<string, TagEntry>();
  /** Steps until the next write fails. */
  left = Number.POSITIVE_INFINITY;

  readonly port: DeviceItems = {
    find: async (clientId) => this.items.get(clientId),
    add: async (device) => {
      this.#step();
      if (this.items.has(device.clientId)) return false;
      this.items.set(device.clientId, device);
      return true;
    },
    update: async (clientId, changes, onlyIf) => {
      this.#step();
      const device = this.items.get(clientId);
      if (device === undefined) return false;
      const same = Object.entries(onlyIf).every(([name, value]) => device[name as keyof DeviceRecord] === value);
      if (same) this.items.set(clientId, { ...device, ...changes });
      return same;
    },
    remove: async (clientId) => {
      this.#step();
      this.items.delete(clientId);
    },
    putEntry: async (entry) => {
      this.#step();
      this.entries.set(entry.clientId, entry);
    },
    removeEntry: async ({ clientId }) => {
      this.#step();
      this.entries.delete(clientId);
    },
  };
  readonly store = deviceStore(this.port);

  search(criteria: DeviceCriteria, page: { limit: number; next?: string }) {
    const under = (term: string) => [
      ...[...this.items.values()].filter((device) => device.term === term),
      ...[...this.entries.values()].filter((e) => e.term === term).flatMap(({ of }) => this.items.get(of) ?? []),
    ];
    const of = (productId: string) => [...this.items.values()].filter((device) => device.productId === productId);

    return searchDevices(
      {
        productIds: ['p1', 'p2'],
        devicesOf: async (productId, at) => slice(of(productId), at),
        devicesUnder: async (term, at) => slice(under(term), at),
      },
      criteria,
      page,
    );
  }

  async all(criteria: DeviceCriteria, limit: number): Promise<string[]> {
    const found: string[] = [];
    for (let next: string | undefined; ; ) {
      const page = await this.search(criteria, { limit, ...(next === undefined ? {} : { next }) });
      expect(page.items.length).toBeLessThanOrEqual(limit);
      found.push(...page.items.map(({ device }) => device));
      next = page.next;
      if (next === undefined) return found.sort();
    }
  }

  #step(): void {
    this.left -= 1;
    if (this.left < 0) throw new TypeError('broken off');
  }
}

function slice(devices: readonly DeviceRecord[], { limit, next }: { limit: number; next?: string }) {
  const sorted = [...devices].sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
  const from = Number(next ?? 0);
  const items = sorted.slice(from, from + limit);

  return from + limit < sorted.length ? { items, next: String(from + limit) } : { items };
}

function device(deviceId: string, more: Partial<DeviceRecord> = {}): DeviceRecord {
  return {
    ...{ clientId: `d-${deviceId}`, productId: 'p1', product: 'P', deviceId, name: deviceId, enabled: true },
    ...{ tags: [], description: '', passwordHash: 'x', app: 'a', registeredAt: '2026-11-24T10:00:00.000Z' },
    ...more,
  };
}

const online = { online: true, at: 1, session: 's', version: 1 };

test('a device is found by a tag, by the key of one, and by its state', async () => {
  const table = new Table();
  await table.store.addDevice(device('S-1', { tags: ['floor=1', 'east'] }));
  await table.store.addDevice(device('S-2', { tags: ['floor=2'], presence: online }));
  await table.store.addDevice(device('S-3', { tags: ['floors'], enabled: false }));

  expect(await table.all({ tags: ['floor=1'] }, 10)).toEqual(['S-1']);
  expect(await table.all({ tags: ['floor'] }, 10)).toEqual(['S-1', 'S-2']);
  expect(await table.all({ tags: ['floor', 'east'] }, 10)).toEqual(['S-1']);
  expect(await table.all({ state: 'online' }, 10)).toEqual(['S-2']);
  expect(await table.all({ state: 'never' }, 10)).toEqual(['S-1']);
  expect(await table.all({ state: 'disabled' }, 10)).toEqual(['S-3']);
  expect(await table.all({ tags: ['floor'], state: 'never' }, 10)).toEqual(['S-1']);
});

test('a device is found by the client id that the logs call it by', async () => {
  const table = new Table();
  await table.store.addDevice(device('S-1'));
  await table.store.addDevice(device('S-2', { clientId: 'd0123456789' }));

  expect(await table.all({ text: 'D01234' }, 10)).toEqual(['S-2']);
});

test('a rare text ends a call after a number of reads with the place to go on from', async () => {
  const table = new Table();
  for (let i = 0; i < 60; i += 1) {
    await table.store.addDevice(device(`S-${String(i).padStart(3, '0')}`));
  }

  const first = await table.search({ text: 's-059' }, { limit: 2 });

  expect(first).toMatchObject({ items: [], next: expect.any(String) });
  expect(await table.all({ text: 's-059' }, 2)).toEqual(['S-059']);
});

test('a device whose state changes under our hands is written over its new state', async () => {
  const table = new Table();
  await table.store.addDevice(device('S-1'));
  const { update } = table.port;
  let raced = false;
  const racing = deviceStore({
    ...table.port,
    update: async (clientId, changes, onlyIf) => {
      if (!raced) {
        raced = true;
        const current = { ...(table.items.get(clientId) as DeviceRecord), presence: online, presenceRevision: 1 };
        table.items.set(clientId, { ...current, term: termOf(current) });
      }
      return update(clientId, changes, onlyIf);
    },
  });

  await racing.updateDevice('d-S-1', { enabled: false });
  await table.store.updateDevice('d-S-1', { enabled: true });

  expect(table.items.get('d-S-1')).toMatchObject({ enabled: true, presenceRevision: 1 });
  expect(await table.all({ state: 'online' }, 10)).toEqual(['S-1']);
});

const word = fc.constantFrom('a', 'b', 'k=1', 'k=2', 'k');
const change = fc.record({
  device: fc.constantFrom('S-1', 'S-2', 'S-3'),
  productId: fc.constantFrom('p1', 'p2'),
  what: fc.constantFrom('add', 'update', 'remove'),
  tags: fc.uniqueArray(word, { maxLength: 3 }),
  enabled: fc.boolean(),
  failAfter: fc.option(fc.nat(6), { nil: undefined }),
});

test('whatever was written, and wherever writes broke off, a search finds exactly the devices that fit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { maxLength: 25 }),
      word,
      fc.constantFrom(...DEVICE_STATES),
      async (changes, tag, state) => {
        const table = new Table();
        for (const { device: id, productId, what, tags, enabled, failAfter } of changes) {
          table.left = failAfter ?? Number.POSITIVE_INFINITY;
          const clientId = `d-${productId}-${id}`;
          const record = device(id, { clientId, productId, tags, enabled });
          const work = {
            add: () => table.store.addDevice(record),
            update: () => table.store.updateDevice(clientId, { tags, enabled }),
            remove: () => table.store.removeDevice(clientId),
          }[what];
          await work().catch((error) => expect(error).toBeInstanceOf(TypeError));
        }

        const devices = [...table.items.values()];
        const fitting = (fits: (one: DeviceRecord) => boolean) =>
          devices
            .filter(fits)
            .map((one) => one.deviceId)
            .sort();
        expect(await table.all({ tags: [tag] }, 2)).toEqual(
          fitting(({ tags }) => tags.some((one) => one === tag || one.split('=')[0] === tag)),
        );
        expect(await table.all({ state }, 2)).toEqual(fitting((one) => stateOf(one) === state));
      },
    ),
  );
});
