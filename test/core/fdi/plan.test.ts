import { expect, test } from '@jest/globals';
import { batchNumber } from '../../../core/fdi/batch-number.ts';
import { planTask } from '../../../core/fdi/plan.ts';
import { column, task } from './tasks.ts';

const COLUMNS = [column('deviceId'), column('status')];

test('another mapping has another version, another name or delivery has not', () => {
  const version = (changes: Parameters<typeof task>[0]) => planTask(task(changes), COLUMNS).mappingVersion;

  expect(version({})).toMatch(/^[0-9a-f]{12}$/);
  expect(version({ name: 'Other', delivery: 'at-least-once' })).toBe(version({}));
  expect(version({ source: { timeZone: 'UTC' } })).not.toBe(version({}));
});

test('only upserts are folded', () => {
  expect(planTask(task(), COLUMNS).fold).toBeUndefined();
  expect(planTask(task({ target: { write: 'upsert', keys: ['deviceId'] } }), COLUMNS).fold).toBeInstanceOf(Function);
});

test('batch numbers are random and of 15 characters', () => {
  const numbers = Array.from({ length: 100 }, batchNumber);

  expect(new Set(numbers).size).toBe(100);
  expect(numbers.every((number) => /^[0-9a-f]{15}$/.test(number))).toBe(true);
});
