import { type Calls, path } from './calls.ts';

export type TopicPermission = 'publish' | 'subscribe' | 'publish+subscribe';

/** What an app that does not own a topic may do with it; null for nothing. */
export interface TopicGrant {
  readonly topic: string;
  readonly app: string;
  /** All together. */
  readonly permission: TopicPermission | null;
  readonly stack: TopicPermission | null;
  readonly runTime: TopicPermission | null;
}

export interface TopicGrants {
  readonly topic: string;
  readonly owner: string;
  /** The most any app may do with it. */
  readonly permission: TopicPermission;
  readonly items: readonly TopicGrant[];
}

export interface TopicGrantOperations {
  topicGrants(topic: string): Promise<TopicGrants>;
  grantTopic(topic: string, app: string, permission: TopicPermission): Promise<TopicGrant>;
  /** Answers what is left. */
  revokeTopic(topic: string, app: string, permission: TopicPermission): Promise<TopicGrant>;
}

export function topicGrantOperations({ ask, send }: Calls): TopicGrantOperations {
  const grant = (topic: string, app: string) => path`/topics/${topic}/grants/${app}`;

  return {
    topicGrants: (topic) => ask(path`/topics/${topic}/grants`) as Promise<TopicGrants>,
    grantTopic: (topic, app, permission) => send('POST', grant(topic, app), { permission }) as Promise<TopicGrant>,
    revokeTopic: (topic, app, permission) =>
      send('DELETE', grant(topic, app), undefined, { permission }) as Promise<TopicGrant>,
  };
}
