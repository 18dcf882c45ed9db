import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { modelCache } from '../../../core/link/model-cache.ts';
import { type KeptModel, KNOWN_AFTER_MS, nextModel } from '../../../core/link/model-history.ts';
import { checkProduct } from '../../../core/link/product.ts';
import { type Enforcement, type ProductModel, productModel } from '../../../core/link/product-model.ts';
import { property } from '../../../core/link/thing-model.ts';

/** A model that takes this status and no other. */
const model = (status: string, enforcement: Enforcement = 'enforce'): ProductModel =>
  productModel(
    checkProduct('at', {
      name: 'Sensor',
      enforcement,
      thingModel: { Status: { status: property.string({ enum: [status], required: true }) } },
    }),
  );

async function judgesOf(kept: KeptModel) {
  const models = modelCache({
    read: async () => kept,
    now: () => 0,
    unknown: () => undefined,
    changed: () => undefined,
    failed: () => undefined,
  });
  await models.load('p1');

  return (status: string, sentAt?: number) => models.of('p1', sentAt).judge({ status }).length === 0;
}

test('a message is judged by the version its product had when it was sent', async () => {
  const first = nextModel(undefined, model('a'), 1000);
  const second = nextModel(first, model('b'), 100_000);
  const fits = await judgesOf(nextModel(second, model('c'), 200_000));

  expect([fits('a', 0), fits('a', 134_999), fits('b', 134_999)]).toEqual([true, true, false]);
  expect([fits('a', 135_000), fits('b', 135_000), fits('b', 234_999)]).toEqual([false, true, true]);
  expect([fits('b', 235_000), fits('c', 235_000), fits('c', 1e15)]).toEqual([false, true, true]);
});

test('without a time, as for a replay, the present version judges, also before it counts for others', async () => {
  const fits = await judgesOf(nextModel(nextModel(undefined, model('a'), 0), model('b'), 100_000));

  expect([fits('b'), fits('a'), fits('b', 100_001)]).toEqual([true, false, false]);
});

test('whatever is deployed when, each time has one version, which is the same in whatever order times are asked for', async () => {
  const deployments = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 100_000 }), fc.constantFrom('a', 'b', 'c', 'd'), fc.boolean()),
    { minLength: 1, maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(
      deployments,
      fc.array(fc.integer({ min: 0, max: 600_000 }), { minLength: 1 }),
      async (made, times) => {
        let kept: KeptModel | undefined;
        let at = 0;
        const counts: (readonly [from: number, status: string, on: boolean])[] = [];
        for (const [later, status, on] of made) {
          at += later;
          const before = counts[0];
          if (before === undefined || before[1] !== status || before[2] !== on) {
            counts.unshift([before === undefined ? 0 : at + KNOWN_AFTER_MS, status, on]);
          }
          kept = nextModel(kept, model(status, on ? 'enforce' : 'off'), at);
        }
        const fits = await judgesOf(kept as KeptModel);
        for (const time of times) {
          const [, status, on] = counts.find(([from]) => from <= time) as readonly [number, string, boolean];
          for (const one of ['a', 'b', 'c', 'd']) expect(fits(one, time)).toBe(!on || one === status);
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('what is declared again changes nothing, and a new version does not make another of the old', () => {
  const first = nextModel(undefined, model('a'), 0);
  const second = nextModel(first, model('b'), 1000);

  expect(nextModel(first, model('a'), 9999)).toEqual(first);
  expect(nextModel(second, model('b'), 9999)).toEqual(second);
  expect(second.history).toEqual([{ enforcement: 'enforce', version: first.version, thingModel: first.thingModel }]);
});

test('switching enforcement is a change as well: messages of before are judged as before', async () => {
  const first = nextModel(undefined, model('a', 'off'), 0);
  const fits = await judgesOf(nextModel(first, model('a', 'enforce'), 0));

  expect([fits('x', KNOWN_AFTER_MS - 1), fits('x', KNOWN_AFTER_MS)]).toEqual([true, false]);
});

test('the history ends before it fills the item of the catalogue', () => {
  let kept = nextModel(undefined, model('0'), 0);
  for (let n = 1; n < 60; n += 1) kept = nextModel(kept, model(String(n)), n * 60_000);
  expect(kept.history).toHaveLength(20);
  for (let n = 0; n < 9; n += 1) kept = nextModel(kept, model('x'.repeat(50_000) + n), 1e7 + n);

  expect(Buffer.byteLength(JSON.stringify(kept.history))).toBeLessThan(200_000);
  expect(kept.history?.[0]?.version).toBe(model(`${'x'.repeat(50_000)}7`).version);
});
