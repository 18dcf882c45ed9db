import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunDestination } from '../../../core/fdi/run-destination.ts';
import { apiProblem } from '../../../core/fdi/service-problem.ts';
import { testHttpTarget } from '../../../core/fdi/test-http-target.ts';
import { testMongoTarget } from '../../../core/fdi/test-mongo-target.ts';
import { testRedisTarget } from '../../../core/fdi/test-redis-target.ts';
import { environment } from '../environment.ts';
import type { TestSide } from '../side-test.ts';
import { testTable } from '../test-table.ts';
import { testTopicTarget } from '../topic-test.ts';
import { askTarget, placedTarget } from './http-outlet.ts';
import { taskLogin } from './run-databases.ts';
import { runMongo } from './run-mongo.ts';
import { runRedis } from './run-redis.ts';

/** What tests a target of any kind. @param positions the table of another database that the task keeps its place in */
export function destinationTest(target: RunDestination, positions: string): TestSide {
  return async (_question, checking) => {
    switch (target.kind) {
      case 'topic':
        return testTopicTarget(environment('TOPIC_STREAM'), target.topic, checking);
      case 'http':
        return testHttpTarget(
          placedTarget(target),
          { ask: askTarget(target), pause: (ms) => delay(ms) },
          { ...checking, problemOf: apiProblem },
        );
      case 'redis': {
        const redis = runRedis('TARGET');

        return testRedisTarget(redis, target, randomUUID(), checking).finally(() => redis.close());
      }
      case 'mongodb':
        return testMongoTarget(runMongo('TARGET'), target, positions, randomUUID(), checking);
      case 'database':
        return testTable(
          () => taskLogin('TARGET', target.place),
          target,
          target.place === 'platform' ? [] : [positions],
          checking,
        );
    }
  };
}
