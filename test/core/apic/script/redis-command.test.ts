import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { redisCommand } from '../../../../core/apic/script/redis-command.ts';

const words = (statement: string) => redisCommand(statement).words.map(String);

test.each([
  ['GET key', ['GET', 'key']],
  ['  get\t key \n', ['get', 'key']],
  [`SET "a key" 'a value'`, ['SET', 'a key', 'a value']],
  [`SET k "say \\"hi\\"\\n\\ttab\\q"`, ['SET', 'k', 'say "hi"\n\ttabq']],
  [`SET k 'it\\'s \\n'`, ['SET', 'k', "it's \\n"]],
  [`SET k ""`, ['SET', 'k', '']],
  ['KEYS a?', ['KEYS', 'a?']],
  ['KEYS ?', ['KEYS', '?']],
  ['SET k"1" v', ['SET', 'k1', 'v']],
])('%s is words', (statement, expected) => {
  expect(words(statement)).toEqual(expected);
});

test('the name is in capitals, bytes are bytes', () => {
  const { name, words } = redisCommand('set k "\\xe4\\xB8\\xad\\x00\\xff"');

  expect(name).toBe('SET');
  expect(words[2]).toEqual(Buffer.from([0xe4, 0xb8, 0xad, 0, 0xff]));
});

test.each(['GET "open', "GET 'open", 'SET "k"v x', '', '  '])('%p is refused', (statement) => {
  expect(() => redisCommand(statement)).toThrow('command');
});

test('whatever is bound is one word, and what is quoted takes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer(), (text, number) => {
      const { words } = redisCommand(`SET ? ? '?'`, [text, number]);

      expect(words.map(String)).toEqual(['SET', Buffer.from(text).toString(), String(number), '?']);
    }),
  );
});
