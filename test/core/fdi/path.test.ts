import { expect, test } from '@jest/globals';
import { parsePath, valueAt } from '../../../core/fdi/path.ts';

test.each([
  ['$', []],
  ['data.deviceId', ['data', 'deviceId']],
  ['$.data', ['data']],
  ['items[0].price', ['items', 0, 'price']],
  ['$[1][2]', [1, 2]],
])('%s leads along %j', (text, steps) => {
  expect(parsePath(text, 'path')).toEqual(steps);
});

test.each(['', ' ', '.a', 'a.', 'a..b', 'a[', 'a[x]', 'a]', '$.'])(
  '%j is no path, and the setting is named',
  (text) => {
    expect(() => parsePath(text, 'metadata[x]')).toThrow('metadata[x]');
  },
);

test('a value is found where it is, and nowhere else', () => {
  const message = { items: [{ price: 0 }], none: null };
  const at = (path: string) => valueAt(message, parsePath(path, 'path'));

  expect(at('items[0].price')).toBe(0);
  expect(at('none')).toBeNull();
  expect([at('items[1]'), at('none.x'), at('constructor'), at('items.map')]).toEqual(Array(4).fill(undefined));
});
