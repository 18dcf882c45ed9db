import type { TopicPermission } from './topic-permission.ts';

export interface TopicGrantStore {
  readonly put: (topic: string, app: string, permission: TopicPermission) => Promise<void>;
  readonly remove: (topic: string, app: string) => Promise<void>;
}

/**
 * Makes a topic's grants what its stack declares. Those given at run time are not the stack's and stay.
 *
 * @param declared by app
 * @param before what was declared until now
 */
export async function provisionTopicGrants(
  { put, remove }: TopicGrantStore,
  topic: string,
  declared: ReadonlyMap<string, TopicPermission>,
  before: ReadonlyMap<string, TopicPermission> = new Map(),
): Promise<void> {
  const gone = [...before.keys()].filter((app) => !declared.has(app));
  await Promise.all([
    ...[...declared].map(([app, permission]) => put(topic, app, permission)),
    ...gone.map((app) => remove(topic, app)),
  ]);
}
