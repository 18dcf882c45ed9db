import { expect, test } from '@jest/globals';
import { TokenBucket } from '../../../local/stream/token-bucket.ts';

function bucket(perSecond: number) {
  const clock = { now: 0 };
  return { clock, tokens: new TokenBucket(perSecond, () => clock.now) };
}

test("a second's worth passes at once, and no more until time goes by", () => {
  const { clock, tokens } = bucket(10);
  for (let i = 0; i < 10; i++) {
    expect(tokens.allows(1)).toBe(true);
    tokens.spend(1);
  }

  expect(tokens.allows(1)).toBe(false);
  clock.now = 99;
  expect(tokens.allows(1)).toBe(false);
  clock.now = 100;
  expect(tokens.allows(1)).toBe(true);
});

test('time without use saves up one second, not more', () => {
  const { clock, tokens } = bucket(10);
  clock.now = 60_000;

  expect(tokens.allows(10)).toBe(true);
  tokens.spend(10);
  expect(tokens.allows(1)).toBe(false);
});

test('what is larger than the bucket passes when it is full and is paid for afterwards', () => {
  const { clock, tokens } = bucket(2);
  expect(tokens.allows(10)).toBe(true);
  tokens.spend(10);

  clock.now = 4_000;
  expect(tokens.allows(1)).toBe(false);
  clock.now = 4_500;
  expect(tokens.allows(1)).toBe(true);
});
