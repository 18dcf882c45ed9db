import { expect, test } from '@jest/globals';
import { planTask } from '../../../core/fdi/plan.ts';
import { Rejection } from '../../../core/fdi/rejection.ts';
import { readRecords } from '../../../core/fdi/row.ts';
import { ModelNotRead, modelCache } from '../../../core/link/model-cache.ts';
import { checkProduct } from '../../../core/link/product.ts';
import { type Enforcement, productModel } from '../../../core/link/product-model.ts';
import { property } from '../../../core/link/thing-model.ts';
import { record } from './stream-records.ts';
import { type Changes, column, task } from './tasks.ts';

const COLUMNS = [column('DeviceId'), column('Status', { nullable: true, optional: true })];

function read(enforcement: Enforcement, payload: unknown, changes?: Changes) {
  const { models, plan } = judged(enforcement, changes);

  return models.load('product').then(() => plan.read(record(1, payload)));
}

function judged(enforcement: Enforcement, changes: Changes = {}, reads: string[] = []) {
  const thingModel = { Status: { deviceId: property.string(), status: property.string({ enum: ['0', '1'] }) } };
  const entry = productModel(checkProduct('at', { name: 'Sensor', enforcement, thingModel }));
  const quiet = { unknown() {}, changed() {}, failed() {}, now: () => 0 };
  const models = modelCache({
    ...quiet,
    read: async (productId) => {
      reads.push(productId);
      return entry;
    },
  });

  return { models, plan: planTask(task(changes), COLUMNS, models) };
}

test('a message that keeps its model becomes a row, and says by which version it was judged', async () => {
  expect(await read('enforce', { deviceId: 'S-1', status: '0' })).toMatchObject({
    outcome: ['S-1', '0'],
    model: expect.stringMatching(/^[0-9a-f]{12}$/),
    warning: undefined,
  });
});

test('enforced, a message that breaks its model is rejected with everything it breaks, though its columns would take it', async () => {
  const { outcome, model } = await read('enforce', { deviceId: 'S-1', status: '7' });

  expect(outcome).toEqual(new Rejection('model', 'status (enum): received "7", allowed "0", "1"'));
  expect(model).toMatch(/^[0-9a-f]{12}$/);
});

test('warned of, the same message becomes a row and carries the reason', async () => {
  expect(await read('warn', { deviceId: 'S-1', status: '7' })).toMatchObject({
    outcome: ['S-1', '7'],
    warning: 'status (enum): received "7", allowed "0", "1"',
  });
});

test('off, nobody looks', async () => {
  expect(await read('off', { deviceId: 'S-1', status: '7' })).toMatchObject({
    outcome: ['S-1', '7'],
    warning: undefined,
  });
});

test('what cannot be written is rejected by its column, and is no warning', async () => {
  expect(await read('warn', { status: '7' })).toMatchObject({ outcome: { code: 'missing' }, warning: undefined });
});

test('the reason never passes its column, however much is broken', async () => {
  const { outcome } = await read('enforce', { deviceId: ['x'.repeat(5000)], status: 'y'.repeat(5000) });

  expect((outcome as Rejection).reason.length).toBeLessThanOrEqual(1000);
  expect((outcome as Rejection).reason).toContain('status (enum)');
});

test.each<[string, Changes, string]>([
  ['whole and as text', { source: { parse: false, deviceInfo: false, metadata: whole('string') } }, 'no json'],
  ['as base64', { source: { parse: false, base64: true, deviceInfo: false, metadata: whole('string') } }, 'no json'],
])('a task that takes messages %s has them judged all the same', async (_, changes, payload) => {
  expect(await read('enforce', payload, changes)).toMatchObject({ outcome: { code: 'syntax' } });
  expect(await read('enforce', { deviceId: 7 }, changes)).toMatchObject({ outcome: { code: 'model' } });
  expect(await read('warn', payload, changes)).toMatchObject({
    outcome: { length: 1 },
    warning: expect.stringContaining('not JSON'),
  });
});

test('a model that was not read yet is loaded once, when the batch first names its product', async () => {
  const reads: string[] = [];
  const { models, plan } = judged('enforce', {}, reads);
  const records = [1, 2, 3].map((n) => record(n, { deviceId: `S-${n}`, status: '0' }));

  expect(() => plan.read(record(1, {}))).toThrow(ModelNotRead);
  const entries = await readRecords(records, plan, models.load);

  expect(entries.map(({ outcome }) => outcome)).toEqual([1, 2, 3].map((n) => [`S-${n}`, '0']));
  expect(reads).toEqual(['product']);
});

test('a model that cannot be loaded stops the batch: nothing is written unjudged', async () => {
  const { plan } = judged('enforce');
  const load = async () => {
    throw new TypeError('away');
  };

  await expect(readRecords([record(1, {})], plan, load)).rejects.toThrow('away');
});

function whole(type: 'string') {
  return [{ alias: 'DeviceId', type, path: '$' }] as const;
}
