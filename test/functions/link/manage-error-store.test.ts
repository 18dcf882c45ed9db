import { expect, test } from '@jest/globals';
import type { ErrorObjects } from '../../../core/link/error-store.ts';
import { manageErrorStore } from '../../../functions/link/manage-error-store.ts';
import { logLines } from '../shared/log-lines.ts';
import { callManagement } from '../shared/management-call.ts';

logLines();

const PAYLOAD = Buffer.from([0x7b, 0xff, 0x00]);
/** As AWS IoT writes it. D:iot/latest/developerguide/rule-error-handling#rule-error-message-format */
const REPORT = JSON.stringify({
  ruleName: 'SensorMessages',
  topic: 'p1/out/S-001',
  cloudwatchTraceId: 'trace',
  clientId: 'd1',
  base64OriginalPayload: PAYLOAD.toString('base64'),
  failures: [{ failedAction: 'KinesisAction', failedResource: 'Events', errorMessage: 'throttled' }],
});
const KEY = 'p1/S-001/1764000000000-3b1fdb2e-5c7a-4c8f-9a42-0d6f1a2b3c4d.Parking.Events.json';
const OBJECTS = new Map([
  [KEY, REPORT],
  ['p1/S-002/1764000000001-0b1d.json', REPORT],
  ['p9/S-001/odd', 'no report'],
]);

const objects: ErrorObjects = {
  async list({ prefix, limit, next = '' }) {
    const keys = [...OBJECTS.keys()].filter((key) => key.startsWith(prefix) && key > next);
    const items = keys.slice(0, limit).map((key) => ({ key, bytes: OBJECTS.get(key)?.length ?? 0 }));

    return keys.length > limit ? { items, next: keys[limit - 1] ?? '' } : { items };
  },
  get: async (key) => (OBJECTS.has(key) ? Buffer.from(OBJECTS.get(key) ?? '') : undefined),
};
const handler = manageErrorStore(() => ({
  objects,
  products: async () => [
    { name: 'ParkingSensor', productId: 'p1' },
    { name: 'ParkingGate', productId: 'p2' },
  ],
}));

const list = (query: Readonly<Record<string, string>> = {}) =>
  callManagement(handler, { resource: '/error-store', query });
const show = (product: string, device: string, object: string) =>
  callManagement(handler, { resource: '/error-store/{product}/{device}/{object}', path: { product, device, object } });
const keys = ({ body }: Awaited<ReturnType<typeof list>>) => (body['items'] as { key: string }[]).map(({ key }) => key);

test('the list shows whose messages no topic took, and when', async () => {
  expect((await list()).body).toEqual({
    items: [
      {
        key: KEY,
        productId: 'p1',
        product: 'ParkingSensor',
        device: 'S-001',
        destination: 'Parking.Events',
        at: '2025-11-24T16:00:00.000Z',
        bytes: REPORT.length,
      },
      expect.objectContaining({ device: 'S-002', destination: null }),
      expect.objectContaining({ productId: 'p9', product: null, at: null }),
    ],
  });
});

test('it can be narrowed by product, by name or id, and by device', async () => {
  expect(keys(await list({ product: 'ParkingSensor' }))).toHaveLength(2);
  expect(keys(await list({ product: 'p1', device: 'S-001' }))).toEqual([KEY]);
  expect(keys(await list({ product: 'ParkingGate' }))).toEqual([]);
});

test('it comes in pages', async () => {
  const first = await list({ limit: '2' });

  expect(keys(first)).toHaveLength(2);
  expect(keys(await list({ limit: '2', next: String(first.body['next']) }))).toEqual(['p9/S-001/odd']);
});

test('a message is shown with what failed and with the exact bytes the device sent', async () => {
  const { body } = await show('p1', 'S-001', KEY.split('/')[2] ?? '');

  expect(body).toMatchObject({
    key: KEY,
    rule: 'SensorMessages',
    topic: 'p1/out/S-001',
    clientId: 'd1',
    traceId: 'trace',
    failures: [{ action: 'KinesisAction', resource: 'Events', reason: 'throttled' }],
    payload: PAYLOAD.toString('base64'),
    problem: null,
  });
});

test('an object that no rule wrote is shown as it is, and said to be so', async () => {
  expect((await show('p9', 'S-001', 'odd')).body).toMatchObject({
    rule: null,
    failures: [],
    payload: Buffer.from('no report').toString('base64'),
    problem: expect.stringContaining('not what a rule writes'),
  });
});

test.each([
  ['p1', 'S-001', 'none.json'],
  ['..', '..', 'secret'],
  ['p1', 'S-001', 'a b'],
])('%s/%s/%s is not found', async (...parts) => {
  expect((await show(...parts)).status).toBe(404);
});

test('a product that is not there, and a device without its product, are refused', async () => {
  expect((await list({ product: 'Nobody' })).status).toBe(404);
  expect(await list({ device: 'S-001' })).toMatchObject({ status: 400 });
});
