import { exactOptional, enum as oneOf, strictObject } from 'zod/mini';
import { Refusal } from '../../core/errors.ts';
import {
  type GrantableTopic,
  grantTopic,
  revokeTopic,
  type TopicGrantPorts,
  topicGrants,
} from '../../core/mqs/topic-grants.ts';
import { isTopicPermission } from '../../core/mqs/topic-permission.ts';
import { type ManagementHandler, managementHandler, ok, route } from '../shared/management-chain.ts';
import { catalogTable } from '../shared/tables.ts';
import { putTopicGrant, removeTopicGrant, topicGrantItems, topicPermission } from '../shared/topic-grant-items.ts';

export interface ManageTopicGrantsPorts {
  readonly find: (topic: string) => Promise<GrantableTopic | undefined>;
  readonly items: typeof topicGrantItems;
  /** @param caller who asks, kept with what is given */
  readonly grants: (caller: string) => TopicGrantPorts;
}

const PERMISSION = oneOf(['publish', 'subscribe', 'publish+subscribe']);
const GRANT = '/topics/{topic}/grants/{app}';

/** Management API: what apps may do with topics of others. */
export const handler = manageTopicGrants(awsPorts);

export function manageTopicGrants(portsOf: () => ManageTopicGrantsPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'GET',
      path: '/topics/{topic}/grants',
      handler: async ({ path }) => {
        const ports = portsOf();
        const { topic, owner, permission } = await existing(ports, path['topic']);

        return ok({ topic, owner, permission, items: topicGrants(topic, await ports.items(topic)) });
      },
    }),
    route({
      method: 'POST',
      path: GRANT,
      body: strictObject({ permission: PERMISSION }),
      handler: async ({ path, body, caller }) => {
        const ports = portsOf();
        const topic = await existing(ports, path['topic']);

        return ok(await grantTopic(ports.grants(caller), topic, path['app'] ?? '', body.permission));
      },
    }),
    route({
      method: 'DELETE',
      path: GRANT,
      query: strictObject({ permission: exactOptional(PERMISSION) }),
      handler: async ({ path, query, caller }) => {
        const ports = portsOf();
        const { topic } = await existing(ports, path['topic']);

        return ok(await revokeTopic(ports.grants(caller), topic, path['app'] ?? '', query.permission));
      },
    }),
  ]);
}

async function existing({ find }: ManageTopicGrantsPorts, name = ''): Promise<GrantableTopic> {
  const topic = await find(name);
  if (topic === undefined) {
    throw new Refusal('CAUSEWAY.0404', { message: `There is no topic ${name}.` });
  }

  return topic;
}

function awsPorts(): ManageTopicGrantsPorts {
  const catalog = catalogTable();

  return {
    async find(topic) {
      const document = (await catalog.get({ kind: 'topic', name: topic }))?.document;
      const permission = document?.['permission'];

      return (
        document && {
          topic,
          owner: String(document['app']),
          permission: isTopicPermission(permission) ? permission : 'publish+subscribe',
        }
      );
    },
    items: topicGrantItems,
    grants: (caller) => ({
      isApp: async (app) => (await catalog.get({ kind: 'app', name: app })) !== undefined,
      declared: (topic, app) => topicPermission('stack', topic, app),
      given: (topic, app) => topicPermission('run-time', topic, app),
      give: (topic, app, permission) => putTopicGrant('run-time', topic, app, permission, caller),
      takeBack: (topic, app) => removeTopicGrant('run-time', topic, app),
    }),
  };
}
