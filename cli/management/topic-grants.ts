import type { TopicGrant } from '../../core/mqs/topic-grants.ts';
import type { TopicPermission } from '../../core/mqs/topic-permission.ts';
import { type Calls, path } from './calls.ts';

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
