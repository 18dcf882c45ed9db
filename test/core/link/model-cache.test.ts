import { expect, jest, test } from '@jest/globals';
import { type ModelCachePorts, ModelNotRead, modelCache } from '../../../core/link/model-cache.ts';
import { checkProduct } from '../../../core/link/product.ts';
import { type Enforcement, type ProductModel, productModel } from '../../../core/link/product-model.ts';
import { property, type ThingProperty } from '../../../core/link/thing-model.ts';

const entry = (enforcement: Enforcement, status: ThingProperty = property.string()): ProductModel =>
  productModel(checkProduct('at', { name: 'Sensor', enforcement, thingModel: { Status: { status } } }));

function cache(read: ModelCachePorts['read']) {
  const clock = { ms: 0 };
  const ports = { unknown: jest.fn(), changed: jest.fn(), failed: jest.fn() };
  const reading = jest.fn(read);

  return { clock, ...ports, reading, models: modelCache({ ...ports, read: reading, now: () => clock.ms }) };
}

test('a model is read once and judges from then on', async () => {
  const { models, reading } = cache(async () => entry('enforce'));

  expect(() => models.of('p1')).toThrow(ModelNotRead);
  await models.load('p1');

  expect(models.of('p1').enforcement).toBe('enforce');
  expect(models.of('p1').judge({ status: 7 })).toHaveLength(1);
  expect(reading).toHaveBeenCalledTimes(1);
});

test('a corrected model counts half a minute later, and the version says which one judged', async () => {
  let current = entry('enforce');
  const { models, clock, changed } = cache(async () => current);
  await models.load('p1');
  const { version } = models.of('p1');
  current = entry('enforce', property.integer());

  clock.ms = 30_000;
  await models.refresh();
  expect(models.of('p1').version).toBe(version);

  clock.ms = 30_001;
  await models.refresh();
  expect(models.of('p1').version).toMatch(/^[0-9a-f]{12}$/);
  expect(models.of('p1').version).not.toBe(version);
  expect(models.of('p1').judge({ status: 7 })).toEqual([]);
  expect(changed).toHaveBeenCalledTimes(1);
});

test('a catalogue that is away leaves the model read last, tells of it, and is asked again later', async () => {
  let away = false;
  const { models, clock, failed, reading } = cache(async () => {
    if (away) throw new TypeError('away');
    return entry('enforce');
  });
  await models.load('p1');
  away = true;

  clock.ms = 31_000;
  await models.refresh();
  await models.refresh();

  expect(models.of('p1').enforcement).toBe('enforce');
  expect(failed).toHaveBeenCalledWith('p1', expect.any(TypeError));
  expect(reading).toHaveBeenCalledTimes(2);
});

test('a model that cannot be read the first time is an error: nothing is judged without it', async () => {
  const { models } = cache(async () => {
    throw new TypeError('away');
  });

  await expect(models.load('p1')).rejects.toThrow('away');
  expect(() => models.of('p1')).toThrow(ModelNotRead);
});

test('a product the catalogue does not know has nothing to enforce, and is told of once', async () => {
  const { models, clock, unknown } = cache(async () => undefined);
  await models.load('p1');
  clock.ms = 31_000;
  await models.refresh();

  expect(models.of('p1')).toMatchObject({ enforcement: 'off' });
  expect(unknown).toHaveBeenCalledTimes(1);
});

test('products keep their own models, whatever the order they are asked in', async () => {
  const { models } = cache(async (id) => entry(id === 'p1' ? 'enforce' : 'warn'));
  await models.load('p1');
  await models.load('p2');

  expect(['p1', 'p2', 'p2', 'p1'].map((id) => models.of(id).enforcement)).toEqual([
    'enforce',
    'warn',
    'warn',
    'enforce',
  ]);
});

test('products that nobody declared do not fill the memory', async () => {
  const { models } = cache(async () => undefined);
  for (let id = 0; id < 1001; id += 1) {
    await models.load(`p${id}`);
  }

  expect(() => models.of('p0')).toThrow(ModelNotRead);
  expect(models.of('p1000').enforcement).toBe('off');
});

test('a model without a service, and one that is off, judge nothing; what is no model is refused', async () => {
  const empty = productModel(checkProduct('at', { name: 'Sensor', enforcement: 'enforce' }));
  const entries: Record<string, ProductModel> = {
    empty,
    off: entry('off'),
    odd: { ...empty, enforcement: 'perhaps' as never },
  };
  const { models } = cache(async (id) => entries[id]);
  await models.load('empty');
  await models.load('off');

  expect(models.of('empty').enforcement).toBe('off');
  expect(models.of('off').judge({ status: 7 })).toEqual([]);
  await expect(models.load('odd')).rejects.toThrow('enforcement: received "perhaps"');
});
