import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createObjectStore } from '../../../local/store/object-store.ts';
import { temporaryFolder } from '../template/assembly-folder.ts';

const key = fc.string({
  unit: fc.constantFrom('a', 'A', '/', '.', '~', '%', '\\', 'ü', ' ', '\0', ':'),
  minLength: 1,
  maxLength: 12,
});

test('whatever their keys, objects are found again, listed in order, and stay in their bucket', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(key, { minLength: 1, maxLength: 6 }), async (keys) => {
      const state = temporaryFolder();
      const store = createObjectStore({ state });
      await store.applyBucket('errors');
      for (const one of keys) await store.put('errors', one, `body of ${one}`);

      for (const one of keys) expect((await store.get('errors', one)).toString()).toBe(`body of ${one}`);
      expect(await store.list('errors')).toEqual([...keys].sort());
      expect([readdirSync(state), readdirSync(join(state, 'store'))]).toEqual([['store'], ['errors']]);
    }),
    { numRuns: 40 },
  );
});

test('a page of a list is what comes behind its place, whatever the keys', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(key, { minLength: 1, maxLength: 8 }),
      fc.oneof(key, fc.constant('')),
      fc.oneof(key, fc.constant('')),
      fc.integer({ min: 0, max: 4 }),
      async (keys, prefix, after, limit) => {
        const store = createObjectStore({ state: temporaryFolder() });
        await store.applyBucket('errors');
        for (const one of keys) await store.put('errors', one, '');
        const all = [...keys].sort().filter((one) => one.startsWith(prefix) && one > after);

        expect(await store.list('errors', prefix, { after, limit })).toEqual(all.slice(0, limit));
      },
    ),
    { numRuns: 100 },
  );
});

test('a deleted object is gone, and deleting it again is no fault', async () => {
  const store = createObjectStore({ state: temporaryFolder() });
  await store.applyBucket('errors');
  await store.put('errors', 'a/b', 'one');
  await store.put('errors', 'a/c', 'two');
  await store.delete('errors', 'a/b');
  await store.delete('errors', 'a/b');

  expect(await store.list('errors')).toEqual(['a/c']);
});

test('a later object takes the place of the one with the same key', async () => {
  const store = createObjectStore({ state: temporaryFolder() });
  await store.applyBucket('errors');
  await store.put('errors', 'a/b', 'one');
  await store.put('errors', 'a/b', 'two');

  expect([(await store.get('errors', 'a/b')).toString(), await store.list('errors', 'a/')]).toEqual(['two', ['a/b']]);
});

test.each([
  ['an unknown bucket', 'NoSuchBucket', 'other', 'key'],
  ['a bucket name that leads elsewhere', 'NoSuchBucket', '../errors', 'key'],
  ['an unknown key', 'NoSuchKey', 'errors', 'key'],
])('%s is refused with %s', async (_, code, bucket, objectKey) => {
  const store = createObjectStore({ state: temporaryFolder() });
  await store.applyBucket('errors');

  await expect(store.get(bucket, objectKey)).rejects.toMatchObject({ code });
});
