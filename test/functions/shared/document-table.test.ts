import { expect, test } from '@jest/globals';
import { Refusal } from '../../../core/errors.ts';
import type { DeviceRecord } from '../../../core/link/device.ts';
import { catalogTable, deviceTable } from '../../../functions/shared/tables.ts';
import { dynamoTables } from './dynamo-tables.ts';

dynamoTables();

function device(productId: string, deviceId: string): DeviceRecord {
  return {
    clientId: `${productId}${deviceId}`,
    productId,
    product: 'ParkingSensor',
    deviceId,
    name: deviceId,
    enabled: true,
    passwordHash: 'scrypt$…',
    app: 'Parking',
    tags: ['a', 'b'],
    description: '',
    registeredAt: '2026-11-20T09:34:43.000Z',
  };
}

test('what was put is got as it was, and nothing where nothing is', async () => {
  const item = device('P1', 'S-001');
  await deviceTable().put(item);

  expect(await deviceTable().get({ clientId: item.clientId })).toEqual(item);
  expect(await deviceTable().get({ clientId: 'nobody' })).toBeUndefined();
});

test('put only if absent writes once and says so', async () => {
  const item = device('P2', 'S-001');

  expect(await deviceTable().put(item, { ifAbsent: true })).toBe(true);
  expect(await deviceTable().put({ ...item, name: 'second' }, { ifAbsent: true })).toBe(false);
  expect(await deviceTable().get({ clientId: item.clientId })).toEqual(item);
  expect(await deviceTable().put({ ...item, name: 'third' })).toBe(true);
  expect(await deviceTable().get({ clientId: item.clientId })).toMatchObject({ name: 'third' });
});

test('update only over the attributes that were read', async () => {
  const key = { clientId: 'P9S-001' };
  const presence = (at: number) => ({ online: true, at, session: 's', version: 0 });
  await deviceTable().put(device('P9', 'S-001'));
  const write = (at: number, revision: number | undefined) =>
    deviceTable().update(
      key,
      { presence: presence(at), presenceRevision: (revision ?? 0) + 1 },
      { onlyIf: { presenceRevision: revision, deviceId: 'S-001' } },
    );

  expect(await write(1, 1)).toBe(false);
  expect(await write(2, undefined)).toBe(true);
  expect(await write(3, undefined)).toBe(false);
  expect(await write(4, 1)).toBe(true);
  expect(await deviceTable().get(key)).toMatchObject({ presence: presence(4), presenceRevision: 2, enabled: true });
  expect(
    await deviceTable().update({ clientId: 'nobody' }, { name: 'x' }, { onlyIf: { presenceRevision: undefined } }),
  ).toBe(false);
});

test('update changes the named attributes of an item that exists, and makes none', async () => {
  const item = device('P3', 'S-001');
  await deviceTable().put(item);

  expect(await deviceTable().update({ clientId: item.clientId }, { enabled: false, name: 'new' })).toBe(true);
  expect(await deviceTable().get({ clientId: item.clientId })).toEqual({ ...item, enabled: false, name: 'new' });
  expect(await deviceTable().update({ clientId: 'nobody' }, { enabled: false })).toBe(false);
  expect(await deviceTable().get({ clientId: 'nobody' })).toBeUndefined();
});

test('an attribute set to undefined is removed', async () => {
  const table = catalogTable();
  const key = { kind: 'task', name: 'ToHistory' } as const;
  await table.put({ ...key, document: { started: true } });

  await table.update(key, { document: undefined } as never);

  expect(await table.get(key)).toEqual(key);
});

test('a deleted item is gone, and may be deleted twice', async () => {
  const item = device('P4', 'S-001');
  await deviceTable().put(item);

  await deviceTable().delete({ clientId: item.clientId });
  await deviceTable().delete({ clientId: item.clientId });

  expect(await deviceTable().get({ clientId: item.clientId })).toBeUndefined();
});

test('a query gives one partition in order, page by page', async () => {
  const table = catalogTable();
  for (const name of ['c', 'a', 'b']) {
    await table.put({ kind: 'topic', name, document: { name } });
  }
  await table.put({ kind: 'rule', name: 'a', document: {} });

  const first = await table.query({ kind: 'topic' }, { limit: 2 });
  const second = await table.query({ kind: 'topic' }, { limit: 2, next: first.next as string });

  expect(first.items.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(second).toEqual({ items: [{ kind: 'topic', name: 'c', document: { name: 'c' } }] });
  expect((await table.queryAll({ kind: 'topic' }, { limit: 1 })).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});

test('a query by index gives the devices of one product in order', async () => {
  for (const id of ['S-003', 'S-001', 'S-002']) {
    await deviceTable().put(device('P5', id));
  }

  const all = await deviceTable().queryAll({ productId: 'P5' }, { index: 'byProduct', limit: 2 });

  expect(all.map(({ deviceId }) => deviceId)).toEqual(['S-001', 'S-002', 'S-003']);
});

const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

test.each([
  'nonsense',
  '',
  token('text'),
  token(null),
  token({ name: 'a' }),
  token({ kind: 'rule', name: 'a' }),
  token({ kind: 'topic', name: 7 }),
])('the page %j is refused by name', async (next) => {
  const query = catalogTable().query({ kind: 'topic' }, { next });

  await expect(query).rejects.toThrow(Refusal);
  await expect(query).rejects.toThrow('next: received');
});
