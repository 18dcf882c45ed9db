import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { filterFault, topicFault } from '../../../local/mqtt/topic-filter.ts';
import { TopicTree } from '../../../local/mqtt/topic-tree.ts';

function matches(filter: string, topic: string): boolean {
  const tree = new TopicTree<string>();
  tree.add(filter, filter);
  return tree.match(topic).has(filter);
}

test.each([
  ['a/b', 'a/b', true],
  ['a/b', 'a/B', false],
  ['a/b', 'a/b/c', false],
  ['a/+', 'a/b', true],
  ['a/+', 'a/', true],
  ['a/+', 'a', false],
  ['+/+', '/b', true],
  ['+', '/b', false],
  ['a/#', 'a/b/c', true],
  ['a/#', 'a/', true],
  // The standard's parent match is what AWS leaves out.
  ['a/#', 'a', false],
  ['#', 'a', true],
  ['#', '$aws/events', false],
  ['+/events', '$aws/events', false],
  ['$aws/#', '$aws/events', true],
  ['a/+/c/#', 'a/b/c/d/e', true],
])('the filter %s on the topic %s: %s', (filter, topic, matched) => {
  expect(matches(filter, topic)).toBe(matched);
});

const level = fc.constantFrom('a', 'b', '', 'c');
const topic = fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, all]) => [...levels, ...(all ? ['#'] : [])].join('/'));

/** The rule of one filter, as a regular expression. */
function oracle(one: string, name: string): boolean {
  const source = one
    .split('/')
    .map((part) => (part === '+' ? '[^/]*' : part === '#' ? '.*' : part))
    .join('/');
  return new RegExp(`^${source}$`, 's').test(name);
}

test('many filters match what each of them matches alone, also after some are gone', () => {
  fc.assert(
    fc.property(fc.uniqueArray(filter, { maxLength: 12 }), fc.nat(12), topic, (filters, gone, name) => {
      const tree = new TopicTree<string>();
      for (const one of filters) tree.add(one, one);
      for (const one of filters.slice(0, gone)) tree.delete(one, one);
      const left = filters.slice(gone);

      expect([...tree.match(name)].sort()).toEqual(left.filter((one) => oracle(one, name)).sort());
    }),
  );
});

test('a tree that lost its last filter holds nothing', () => {
  const tree = new TopicTree<string>();
  tree.add('a/b', 'x');
  tree.delete('a/b', 'x');
  tree.delete('never/there', 'x');

  expect(tree.match('a/b').size).toBe(0);
});

test.each([
  ['a', undefined],
  ['$aws/rules/my_rule/a/b/c/d/e/f/g/h', undefined],
  ['a/b/c/d/e/f/g/h/i', 'at most 7 slashes'],
  ['', 'at least one character'],
  ['a/+', 'no wildcards'],
  ['a/#', 'no wildcards'],
  ['é'.repeat(129), 'at most 256 bytes'],
])('the topic %j: %s', (name, fault) => {
  expect(topicFault(name) ?? 'none').toContain(fault ?? 'none');
});

test.each([
  ['+/out/+', undefined],
  ['#', undefined],
  ['a#', 'a wildcard is a level of its own'],
  ['a/#/b', 'a wildcard is a level of its own'],
  ['$share/g/a', 'shared subscriptions'],
  ['$aws/rules/r', 'only be published to'],
  ['a/b/c/d/e/f/g/h/i', 'at most 7 slashes'],
])('the filter %j: %s', (one, fault) => {
  expect(filterFault(one) ?? 'none').toContain(fault ?? 'none');
});
