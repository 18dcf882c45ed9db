import { type RedisCommand, type RedisPort, RedisRefused } from './run-redis-port.ts';
import { probeCommand, type RedisTarget } from './run-redis-target.ts';
import { type Checking, checked, type SourceCheck } from './source-check.ts';

/** Within the time of the test. */
const ASK_MS = 8000;

/**
 * Tries what a Redis is told: it is reached and lets its user in, and a key of a random name may be written and removed. It is there for a moment.
 *
 * @param random no key is called so
 */
export async function testRedisTarget(
  redis: Pick<RedisPort, 'ask'>,
  target: RedisTarget,
  random: string,
  checking: Checking,
): Promise<readonly SourceCheck[]> {
  const connects = await checked(checking, 'connects', () => done(redis, [['PING']]));
  if (!connects.ok) {
    return [connects]; // all others would fail for the same reason
  }
  const { remove, write } = probeCommand(target, `causeway-test-${random}`);
  const removes = await checked(checking, `removes ${target.key}`, () => done(redis, [remove]));
  if (write === undefined || !removes.ok) {
    return [connects, removes];
  }

  return [connects, removes, await checked(checking, `writes ${target.key}`, () => done(redis, [write, remove]))];
}

async function done(redis: Pick<RedisPort, 'ask'>, commands: readonly RedisCommand[]): Promise<undefined> {
  const refused = (await redis.ask(commands, ASK_MS)).find((reply) => reply instanceof RedisRefused);
  if (refused !== undefined) {
    throw refused as RedisRefused;
  }

  return undefined;
}
