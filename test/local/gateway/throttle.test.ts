import { expect, test } from '@jest/globals';
import type { Stage } from '../../../local/gateway/gateway-part.ts';
import { Throttle } from '../../../local/gateway/throttle.ts';

const stage = (throttling: Stage['throttling']): Stage => ({
  kind: 'stage',
  restApiId: 'api',
  id: 'RELEASE',
  name: 'RELEASE',
  variables: {},
  throttling,
});

test('a bucket fills at its rate and never above its burst', () => {
  let now = 0;
  const throttle = new Throttle(() => now);
  const limited = stage([{ resourcePath: '/*', httpMethod: '*', rateLimit: 10, burstLimit: 3 }]);
  const take = (count: number) => Array.from({ length: count }, () => throttle.take('api', limited, '/a', 'GET'));

  expect(take(4)).toEqual([true, true, true, false]);
  now += 100;
  expect(take(2)).toEqual([true, false]);
  now += 60_000;
  expect(take(4)).toEqual([true, true, true, false]);
});

test('methods do not share a bucket, and without a setting there is none', () => {
  const throttle = new Throttle(() => 0);
  const limited = stage([{ resourcePath: '/*', httpMethod: '*', rateLimit: 1, burstLimit: 1 }]);

  expect(throttle.take('api', limited, '/a', 'GET')).toBe(true);
  expect(throttle.take('api', limited, '/a', 'POST')).toBe(true);
  expect(throttle.take('api', limited, '/b', 'GET')).toBe(true);
  expect(throttle.take('api', limited, '/a', 'GET')).toBe(false);
  expect(throttle.take('api', stage([]), '/a', 'GET')).toBe(true);
});
