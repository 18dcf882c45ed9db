import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { REST, RouteTree } from '../../../lib/platform/route-tree.ts';

test('every node and what lies below it is caught, except below a node with a variable', () => {
  const tree = new RouteTree('Group');
  tree.add('GET', '/spaces');
  tree.add('GET', '/spaces/{id}');

  expect(tree.catchAll()).toEqual(['/', '/{proxy+}', '/spaces', '/spaces/{id}', '/spaces/{id}/{proxy+}']);
});

test('a closed API has one route for all unknown paths, and no variable where it stands', () => {
  const tree = new RouteTree('Group');
  tree.add('GET', '/spaces/{id}');

  expect(tree.rootCatchAll()).toEqual(['/', '/{proxy+}']);
  tree.add('GET', '/{zone}');
  expect(() => tree.rootCatchAll()).toThrow('/{zone}');
});

test('the order of routes does not matter', () => {
  const tree = new RouteTree('Group');
  tree.add('GET', '/spaces/{id}');
  tree.add('GET', '/spaces');

  expect(new Set(tree.catchAll())).toEqual(
    new Set(['/', '/{proxy+}', '/spaces', '/spaces/{id}', '/spaces/{id}/{proxy+}']),
  );
});

test('whatever is published, no path is left to the gateway itself', () => {
  const segment = fc.constantFrom('a', 'b', 'c', '{x}');
  const path = fc.array(segment, { maxLength: 4 }).filter((parts) => parts.filter((part) => part === '{x}').length < 2);
  const request = fc.array(fc.constantFrom('a', 'b', 'c', 'z'), { maxLength: 6 });

  fc.assert(
    fc.property(fc.array(path, { maxLength: 6 }), request, (paths, segments) => {
      const tree = new RouteTree('Group');
      for (const parts of new Set(paths.map((one) => `/${one.join('/')}`))) {
        tree.add('GET', parts);
      }

      expect(gatewayFinds(new Set(tree.catchAll()), segments)).toBe(true);
    }),
  );
});

test.each([
  ['no slash first', 'spaces'],
  ['an empty segment', '/spaces//free'],
  ['a slash last', '/spaces/'],
  ['a space', '/free spaces'],
  ['half a variable', '/spaces/{id'],
  ['a variable with more around it', '/spaces/s-{id}'],
  ['a variable twice', '/{id}/{id}'],
  ['the catch-all', '/spaces/{proxy+}'],
])('%s is refused', (_what, path) => {
  expect(() => new RouteTree('Group').add('GET', path)).toThrow(/^Group: path: received/);
});

test('two variables of different names at one place are refused, naming both', () => {
  const tree = new RouteTree('Group');
  tree.add('GET', '/spaces/{id}');

  expect(() => tree.add('GET', '/spaces/{zone}/free')).toThrow('the same variable as its neighbour /spaces/{id}');
});

test('a method and path are published once', () => {
  const tree = new RouteTree('Group');
  tree.add('GET', '/spaces');
  tree.add('POST', '/spaces');

  expect(() => tree.add('GET', '/spaces')).toThrow('each method and path once');
});

test('more paths than the gateway holds are refused', () => {
  const tree = new RouteTree('Group');
  const add = () => {
    for (let path = 0; path < 200; path += 1) {
      tree.add('GET', `/path${path}`);
    }
  };

  expect(add).toThrow('at most 300 path segments');
  expect(tree.resources).toBe(301);
});

/** As API Gateway does: a literal before the variable before the rest, going back when it leads nowhere is not needed. */
function gatewayFinds(nodes: ReadonlySet<string>, segments: readonly string[], at = ''): boolean {
  const [segment, ...rest] = segments;
  if (segment === undefined) {
    return nodes.has(at === '' ? '/' : at);
  }
  const literal = `${at}/${segment}`;
  const variable = [...nodes].find((node) => node.startsWith(`${at}/{`) && !node.slice(at.length + 1).includes('/'));
  if (nodes.has(literal)) {
    return gatewayFinds(nodes, rest, literal);
  }
  if (variable?.endsWith(REST)) {
    return true;
  }
  return variable !== undefined && gatewayFinds(nodes, rest, variable);
}
