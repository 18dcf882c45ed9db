import type { WatchedPlatform } from './watched-platform.ts';

/** Names of the tasks that stacks declare, by what feeds them. */
export function realTimeTasks({ deployed }: Pick<WatchedPlatform, 'deployed'>): readonly string[] {
  return namesOf(deployed, (properties) => 'FunctionArn' in properties);
}

export function scheduledTaskNames({ deployed }: Pick<WatchedPlatform, 'deployed'>): readonly string[] {
  return namesOf(deployed, (properties) => 'Started' in properties && !('FunctionArn' in properties));
}

function namesOf(
  deployed: WatchedPlatform['deployed'],
  isOne: (properties: Readonly<Record<string, unknown>>) => boolean,
): readonly string[] {
  return deployed
    .map(({ properties }) => properties)
    .filter((properties) => typeof properties['Task'] === 'string' && isOne(properties))
    .map(({ Task }) => Task as string);
}
