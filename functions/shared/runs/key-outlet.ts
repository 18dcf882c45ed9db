import { setTimeout as delay } from 'node:timers/promises';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import type { Outlet } from '../../../core/fdi/run-outlet.ts';
import { type OutgoingCommand, type RedisTarget, redisOutlet } from '../../../core/fdi/run-redis-target.ts';
import { runRedis } from './run-redis.ts';

/** Sets keys of the Redis that the function's environment names. */
export function keyOutlet(task: ScheduledTask, target: RedisTarget): Outlet<OutgoingCommand> {
  const { ask, close } = runRedis('TARGET');

  return redisOutlet(task, target, { ask, close, pause: (ms) => delay(ms), now: () => performance.now() });
}
