import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nestedObject } from '../../../core/fdi/nested-object.ts';
import { parsePath, valueAt } from '../../../core/fdi/path.ts';

test('names with dots lie in one another, positions make lists, and members keep the order of the mapping', () => {
  const names = [
    'customer.name',
    'id',
    'lines[1].sku',
    'lines[0].sku',
    'customer.address.city',
    'tags[0]',
    '__proto__.x',
  ];

  const text = nestedObject(names, 'Out: mapping')(['"Ada"', '17', '"b"', '"a"', 'null', '12345678901234567890', '1']);

  expect(text).toBe(
    '{"customer":{"name":"Ada","address":{"city":null}},"id":17,"lines":[{"sku":"a"},{"sku":"b"}],"tags":[12345678901234567890],"__proto__":{"x":1}}',
  );
});

/** Members of members, four deep at most, whose leaves are numbers. */
const tree: fc.Memo<unknown> = fc.memo((depth) => {
  const leaf = fc.integer();
  const inner = depth > 1 ? tree(depth - 1) : leaf;

  return fc.oneof(
    leaf,
    fc.dictionary(fc.stringMatching(/^[a-z ü"\\]{1,4}$/), inner, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
    fc.array(inner, { minLength: 1, maxLength: 3 }),
  );
});

function leaves(value: unknown, path: string): readonly (readonly [path: string, leaf: unknown])[] {
  if (typeof value !== 'object' || value === null) {
    return [[path, value]];
  }

  return Array.isArray(value)
    ? value.flatMap((member, at) => leaves(member, `${path}[${at}]`))
    : Object.entries(value).flatMap(([name, member]) => leaves(member, path === '' ? name : `${path}.${name}`));
}

type Members = Record<string | number, unknown>;

/** The object that has these leaves, its members in the order in which they are first named. */
function grown(named: readonly (readonly [path: string, leaf: unknown])[]): Members {
  const root: Members = {};
  for (const [path, leaf] of named) {
    const steps = parsePath(path, '');
    let node = root;
    for (const [at, step] of steps.entries()) {
      const next = steps[at + 1];
      if (next === undefined) {
        node[step] = leaf;
        break;
      }
      node[step] ??= typeof next === 'number' ? [] : {};
      node = node[step] as Members;
    }
  }

  return root;
}

test('any object is written as it is by the paths of its leaves, in whatever order they are named', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tree(4), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
      fc.infiniteStream(fc.nat()),
      (wanted, ranks) => {
        const named = leaves(wanted, '')
          .map((leaf) => [ranks.next().value, leaf] as const)
          .sort(([one], [other]) => one - other)
          .map(([, leaf]) => leaf);
        const names = named.map(([path]) => path);

        const text = nestedObject(names, 'mapping')(named.map(([, leaf]) => JSON.stringify(leaf)));

        // Not by JSON.parse: Node 24's reads some names with backslashes as others.
        const written = grown(named);
        expect(written).toEqual(wanted);
        expect(text).toBe(JSON.stringify(written));
        expect(named.every(([path, leaf]) => valueAt(written, parsePath(path, '')) === leaf)).toBe(true);
      },
    ),
  );
});

test.each([
  [['a', 'a.b'], 'a.b', 'no name that another one lies in'],
  [['a.b', 'a'], 'a', 'no name that another one lies in'],
  [['a[0]', 'a.b'], 'a.b', 'either names or positions'],
  [['a[0]', 'a[2]'], '[0], [2]', 'the positions of a list without a gap'],
  [['a[999999999]'], '[999999999]', 'without a gap'],
  [['a..b'], 'a..b', 'names joined by `.`'],
  [['$.a'], '$.a', 'names joined by `.`'],
  [['[0]'], '[0]', 'names joined by `.`'],
  [['a[x]'], 'a[x]', 'positions of lists as `[0]`'],
])('%j is refused by name', (names, received, allowed) => {
  expect(() => nestedObject(names, 'Out: mapping')).toThrow(`received ${JSON.stringify(received)}`);
  expect(() => nestedObject(names, 'Out: mapping')).toThrow(allowed);
});
