/** One thing an app may do with a topic. */
export type TopicRight = 'publish' | 'subscribe';

/** What an app may do with a topic. */
export type TopicPermission = TopicRight | 'publish+subscribe';

export const TOPIC_PERMISSIONS: readonly TopicPermission[] = ['publish', 'subscribe', 'publish+subscribe'];

export function isTopicPermission(value: unknown): value is TopicPermission {
  return TOPIC_PERMISSIONS.some((permission) => permission === value);
}

/** Whether `permission` holds all that `wanted` asks for; without one it holds nothing. */
export function allows(permission: TopicPermission | undefined, wanted: TopicPermission): boolean {
  return permission !== undefined && rightsOf(wanted).every((right) => rightsOf(permission).includes(right));
}

/** Both together; undefined where neither says anything. */
export function joined(
  one: TopicPermission | undefined,
  other: TopicPermission | undefined,
): TopicPermission | undefined {
  return permissionOf([...rightsOf(one), ...rightsOf(other)]);
}

/** What is left of a permission; undefined for nothing. */
export function without(
  permission: TopicPermission | undefined,
  taken: TopicPermission | undefined,
): TopicPermission | undefined {
  const gone = rightsOf(taken);

  return permissionOf(rightsOf(permission).filter((right) => !gone.includes(right)));
}

function rightsOf(permission: TopicPermission | undefined): readonly TopicRight[] {
  return permission === undefined ? [] : (permission.split('+') as TopicRight[]);
}

function permissionOf(rights: readonly TopicRight[]): TopicPermission | undefined {
  const [publish, subscribe] = [rights.includes('publish'), rights.includes('subscribe')];
  if (publish && subscribe) {
    return 'publish+subscribe';
  }

  return publish ? 'publish' : subscribe ? 'subscribe' : undefined;
}
