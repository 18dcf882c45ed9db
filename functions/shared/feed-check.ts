import { InvalidSetting } from '../../core/errors.ts';
import { planFeed } from '../../core/fdi/feed-plan.ts';
import { checkRealtimeTask, type FeedTask, tableTask } from '../../core/fdi/feed-task.ts';
import { customResource } from './custom-resource.ts';
import { type FeedTarget, feedTarget } from './feed-target.ts';
import { logger } from './logger.ts';
import { taskLanguages } from './task-languages.ts';

/** As CloudFormation sends them. */
export interface FeedCheckProperties {
  /** Changes with the definition, so that it is checked again. */
  readonly Hash: string;
}

/**
 * The custom resource that refuses by name what the target's table cannot take. A database that cannot be reached now is none of the
 * deployment's business: the first batch waits, and says what is wrong with it.
 */
export function feedCheck(task: FeedTask, target: () => Promise<FeedTarget> = () => feedTarget(task)) {
  async function check(): Promise<Record<string, never>> {
    checkRealtimeTask(task, task.name);
    let own: FeedTarget | undefined;
    try {
      own = await target();
      planFeed(task, own.dialect, await own.describe(), undefined, await taskLanguages(tableTask(task)));
    } catch (error) {
      if (error instanceof InvalidSetting) {
        throw error;
      }
      logger.warn('the task cannot be checked against its table now', { task: task.name, error });
    } finally {
      await own?.sessions.close();
    }

    return {};
  }

  return customResource<FeedCheckProperties>({ create: check, update: check, async delete() {} });
}
