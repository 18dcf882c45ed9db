import { type TopicGrant, topicGrant } from '../../core/mqs/topic-grants.ts';
import { allows, type TopicPermission, type TopicRight } from '../../core/mqs/topic-permission.ts';
import { appTable, type TopicGrantItem } from './tables.ts';

/** Lookups at once: the table's other readers stay quick. */
const AT_ONCE = 20;

/** Who gave a grant; neither takes back what the other gave. */
export type Giver = 'stack' | 'run-time';

/** Whether an app that does not own a topic may do this with it: a stack says so, or an operator did. */
export async function hasTopicGrant(topic: string, app: string, right: TopicRight): Promise<boolean> {
  const permissions = await Promise.all([
    topicPermission('stack', topic, app),
    topicPermission('run-time', topic, app),
  ]);

  return permissions.some((permission) => allows(permission, right));
}

export async function topicPermission(by: Giver, topic: string, app: string): Promise<TopicPermission | undefined> {
  return (await appTable().get<TopicGrantItem>(keyOf(by, topic, app)))?.permission;
}

/** @param giver of one given at run time, for those who wonder later */
export async function putTopicGrant(
  by: Giver,
  topic: string,
  app: string,
  permission: TopicPermission,
  giver?: string,
): Promise<void> {
  const origin = giver === undefined ? {} : { at: new Date().toISOString(), by: giver };
  await appTable().put<TopicGrantItem>({ ...keyOf(by, topic, app), permission, ...origin });
}

export async function removeTopicGrant(by: Giver, topic: string, app: string): Promise<void> {
  await appTable().delete(keyOf(by, topic, app));
}

/** All of a topic. */
export async function topicGrantItems(
  topic: string,
): Promise<{ readonly app: string; readonly by: Giver; readonly permission: TopicPermission }[]> {
  const items = await appTable().queryAll<TopicGrantItem>({ pk: `topic#${topic}` });

  return items.map(({ sk, permission }) => {
    const [by = '', app = ''] = sk.split('#');

    return { app, by: by as Giver, permission };
  });
}

/** What an app may do with these topics; those it may nothing with are left out. */
export async function topicGrantsOfApp(app: string, topics: readonly string[]): Promise<TopicGrant[]> {
  const grants: TopicGrant[] = [];
  for (let from = 0; from < topics.length; from += AT_ONCE) {
    const some = topics.slice(from, from + AT_ONCE);
    const found = await Promise.all(
      some.map(async (topic) => {
        const [stack, runTime] = await Promise.all([
          topicPermission('stack', topic, app),
          topicPermission('run-time', topic, app),
        ]);

        return topicGrant(topic, app, stack, runTime);
      }),
    );
    grants.push(...found.filter(({ permission }) => permission !== null));
  }

  return grants;
}

function keyOf(by: Giver, topic: string, app: string) {
  return { pk: `topic#${topic}`, sk: `${by}#${app}` };
}
