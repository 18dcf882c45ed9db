import { lookup } from 'node:dns/promises';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { guardAddress } from '../../../functions/shared/address-guard.ts';

const CLOUD = {};
const LOCAL = { CAUSEWAY_LOOPBACK: 'allowed', AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' };

/** Numbers in any spelling, without asking a network. */
function guard(host: string, environment: Record<string, string> = CLOUD, port = 3306) {
  return guardAddress(host, port, { environment });
}

function resolvingTo(...addresses: string[]) {
  return { environment: CLOUD, lookup: async () => addresses.map((address) => ({ address })) };
}

/** What people write for an IPv4 address and what getaddrinfo takes: parts in decimal, octal or hex, the last ones run together. */
const spelling = fc.record({
  forms: fc.array(fc.constantFrom('d', 'o', 'x'), { minLength: 4, maxLength: 4 }),
  parts: fc.integer({ min: 1, max: 4 }),
});

function spell(address: readonly number[], { forms, parts }: { forms: string[]; parts: number }): string {
  const last = address.slice(parts - 1).reduce((sum, byte) => sum * 256 + byte, 0);

  return [...address.slice(0, parts - 1), last]
    .map(
      (part, index) =>
        ({ d: String(part), o: `0${part.toString(8)}`, x: `0x${part.toString(16)}` })[forms[index] ?? 'd'],
    )
    .join('.');
}

const inside = fc.oneof(
  fc.tuple(fc.constant(127), fc.nat(255), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(169), fc.constant(254), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(0), fc.nat(255), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.integer({ min: 224, max: 255 }), fc.nat(255), fc.nat(255), fc.nat(255)),
);
const outside = fc.tuple(fc.constantFrom(10, 172, 8, 203), fc.nat(255), fc.nat(255), fc.nat(255));

test('no spelling of an IPv4 address leads inside', async () => {
  await fc.assert(
    fc.asyncProperty(inside, spelling, async (address, how) => {
      await expect(guard(spell(address, how))).rejects.toThrow(`${address.join('.')} is `);
    }),
    { numRuns: 200 },
  );
});

test('no IPv6 address that carries one leads inside', async () => {
  const hex = (a: number, b: number) => ((a << 8) | b).toString(16);
  await fc.assert(
    fc.asyncProperty(inside, async ([a, b, c, d]) => {
      const carried = `${hex(a, b)}:${hex(c, d)}`;
      const forms = [
        `::ffff:${a}.${b}.${c}.${d}`,
        `::ffff:${carried}`,
        `0:0:0:0:0:ffff:${carried}`,
        `::${carried}`,
        `64:ff9b::${carried}`,
        `2002:${carried}::1`,
        `::ffff:0:${carried}`,
      ];
      for (const form of forms) {
        await expect(guard(form)).rejects.toThrow('may not be reached');
      }
    }),
    { numRuns: 50 },
  );
});

test('addresses outside are pinned, whatever their spelling', async () => {
  await fc.assert(
    fc.asyncProperty(outside, spelling, async (address, how) => {
      expect(await guard(spell(address, how))).toEqual({ address: address.join('.'), family: 4 });
    }),
    { numRuns: 100 },
  );
  expect(await guard('2001:db8::1')).toEqual({ address: '2001:db8::1', family: 6 });
  expect(await guard('::ffff:10.0.0.1')).toMatchObject({ family: 6 });
  expect(await guard('fd12:3456::1')).toMatchObject({ family: 6 });
});

test.each([
  ['::1', 'this machine itself'],
  ['localhost', 'this machine itself'],
  ['::', 'no address of a host'],
  ['fe80::1', 'link-local'],
  ['fd00:ec2::254', 'link-local'],
  ['ff02::1', 'multicast'],
  ['192.0.0.192', 'no address'],
  ['255.255.255.255', 'no address'],
])('%s is refused: %s', async (host, reason) => {
  await expect(guard(host)).rejects.toThrow(reason);
});

test('one bad address among several is enough: which of them would be taken is chance', async () => {
  await expect(guardAddress('db.example', 3306, resolvingTo('10.0.0.1', '169.254.169.254'))).rejects.toThrow(
    'db.example may not be reached from here: 169.254.169.254 is the link-local network',
  );
  await expect(guardAddress('db.example', 3306, resolvingTo())).rejects.toThrow('has no address');
  await expect(guardAddress('db.example', 3306, resolvingTo('fe80::1%eth0'))).rejects.toThrow('fe80::1 is');
});

test('a local platform lets loopback be reached, but never what stands for AWS there', async () => {
  expect(await guard('127.0.0.1', LOCAL)).toEqual({ address: '127.0.0.1', family: 4 });
  expect(await guard('::1', LOCAL)).toEqual({ address: '::1', family: 6 });
  await expect(guard('127.0.0.1', LOCAL, 4566)).rejects.toThrow("the platform's own endpoint");
  await expect(guard('0x7f.1', LOCAL, 4566)).rejects.toThrow("the platform's own endpoint");
  await expect(guard('169.254.169.254', LOCAL)).rejects.toThrow('link-local');
  await expect(guard('0.0.0.0', LOCAL)).rejects.toThrow('no address');
});

test('the odd spellings are ones this system takes: the properties above would hold for names too', async () => {
  expect(await lookup('0x7f.1')).toMatchObject({ address: '127.0.0.1' });
  expect(await lookup('2130706433')).toMatchObject({ address: '127.0.0.1' });
});
