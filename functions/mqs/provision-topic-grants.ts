import { provisionTopicGrants, type TopicGrantStore } from '../../core/mqs/provision-topic-grants.ts';
import type { TopicPermission } from '../../core/mqs/topic-permission.ts';
import { type CustomResourceHandler, customResource } from '../shared/custom-resource.ts';
import { putTopicGrant, removeTopicGrant } from '../shared/topic-grant-items.ts';

export interface TopicGrantsProperties {
  readonly Topic: string;
  readonly Grants?: readonly { readonly App: string; readonly Permission: TopicPermission }[];
}

/** What a stack lets other apps do with one of its topics. */
export const handler = topicGrantsResource({
  put: (topic, app, permission) => putTopicGrant('stack', topic, app, permission),
  remove: (topic, app) => removeTopicGrant('stack', topic, app),
});

/** The physical id is the topic's name: when that changes, CloudFormation removes the grants on the old one. */
export function topicGrantsResource(store: TopicGrantStore): CustomResourceHandler {
  return customResource<TopicGrantsProperties>({
    async create({ properties }) {
      await provisionTopicGrants(store, properties.Topic, grantsOf(properties));

      return { physicalId: properties.Topic };
    },
    async update({ properties, oldProperties }) {
      const before = properties.Topic === oldProperties.Topic ? grantsOf(oldProperties) : new Map();
      await provisionTopicGrants(store, properties.Topic, grantsOf(properties), before);

      return { physicalId: properties.Topic };
    },
    async delete({ properties }) {
      await provisionTopicGrants(store, properties.Topic, new Map(), grantsOf(properties));
    },
  });
}

function grantsOf({ Grants = [] }: TopicGrantsProperties): ReadonlyMap<string, TopicPermission> {
  return new Map(Grants.map(({ App, Permission }) => [App, Permission]));
}
