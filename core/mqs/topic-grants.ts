import { Refusal } from '../errors.ts';
import { allows, joined, type TopicPermission, without } from './topic-permission.ts';

/** What an app that does not own a topic may do with it. */
export interface TopicGrant {
  readonly topic: string;
  readonly app: string;
  /** All together; null when nothing is left. */
  readonly permission: TopicPermission | null;
  /** What stacks grant; null for nothing. */
  readonly stack: TopicPermission | null;
  /** What operators granted; null for nothing. */
  readonly runTime: TopicPermission | null;
}

/** A topic as grants see it. */
export interface GrantableTopic {
  readonly topic: string;
  /** The app that owns it, which needs no grant. */
  readonly owner: string;
  /** The most any app may do with it. */
  readonly permission: TopicPermission;
}

/** Grants of stacks and those of operators are kept apart, so that neither undoes the other's. */
export interface TopicGrantPorts {
  readonly isApp: (app: string) => Promise<boolean>;
  readonly declared: (topic: string, app: string) => Promise<TopicPermission | undefined>;
  /** At run time. */
  readonly given: (topic: string, app: string) => Promise<TopicPermission | undefined>;
  /** Sets what is given at run time. */
  readonly give: (topic: string, app: string, permission: TopicPermission) => Promise<void>;
  readonly takeBack: (topic: string, app: string) => Promise<void>;
}

/**
 * Lets an app publish to a topic of another, or read it, from now on; adds to what it may already. Repeatable.
 *
 * @throws Refusal CAUSEWAY.0404 for an app that is not there, CAUSEWAY.0412 for the owner, and for what the topic lets no app do
 */
export async function grantTopic(
  ports: TopicGrantPorts,
  { topic, owner, permission: most }: GrantableTopic,
  app: string,
  wanted: TopicPermission,
): Promise<TopicGrant> {
  if (app === owner) {
    throw new Refusal('CAUSEWAY.0412', { message: `The app ${app} owns ${topic} and needs no grant.` });
  }
  if (!allows(most, wanted)) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `The topic ${topic} has the permission ${most}: no app can be let ${wanted}. Change its permission in its stack and deploy.`,
    });
  }
  if (!(await ports.isApp(app))) {
    throw new Refusal('CAUSEWAY.0404', { message: `There is no app ${app}.` });
  }
  const [stack, before] = await Promise.all([ports.declared(topic, app), ports.given(topic, app)]);
  const runTime = joined(before, wanted) ?? wanted;
  await ports.give(topic, app, runTime);

  return topicGrant(topic, app, stack, runTime);
}

/**
 * Takes back what was granted at run time, all of it or the right that is named. What a stack grants stays until the stack says otherwise.
 *
 * @returns what is left
 * @throws Refusal CAUSEWAY.0412 for what only a stack grants, CAUSEWAY.0404 where there is nothing to take back
 */
export async function revokeTopic(
  ports: Pick<TopicGrantPorts, 'declared' | 'given' | 'give' | 'takeBack'>,
  topic: string,
  app: string,
  wanted: TopicPermission = 'publish+subscribe',
): Promise<TopicGrant> {
  const [stack, before] = await Promise.all([ports.declared(topic, app), ports.given(topic, app)]);
  const left = without(before, wanted);
  if (left === before) {
    throw stack === undefined
      ? new Refusal('CAUSEWAY.0404', { message: `The app ${app} was not granted ${wanted} on ${topic}.` })
      : new Refusal('CAUSEWAY.0412', {
          message: `A stack grants ${app} ${stack} on ${topic}: remove the grantTo from the stack and deploy it. Only grants given at run time are revoked here.`,
        });
  }
  await (left === undefined ? ports.takeBack(topic, app) : ports.give(topic, app, left));

  return topicGrant(topic, app, stack, left);
}

/** One entry per app, in order of their names. */
export function topicGrants(
  topic: string,
  items: readonly { readonly app: string; readonly by: 'stack' | 'run-time'; readonly permission: TopicPermission }[],
): TopicGrant[] {
  const apps = [...new Set(items.map(({ app }) => app))].sort();
  const found = (app: string, by: 'stack' | 'run-time') =>
    items.find((item) => item.app === app && item.by === by)?.permission;

  return apps.map((app) => topicGrant(topic, app, found(app, 'stack'), found(app, 'run-time')));
}

/** One app's grant as it is shown. */
export function topicGrant(
  topic: string,
  app: string,
  stack: TopicPermission | undefined,
  runTime: TopicPermission | undefined,
): TopicGrant {
  return { topic, app, permission: joined(stack, runTime) ?? null, stack: stack ?? null, runTime: runTime ?? null };
}
