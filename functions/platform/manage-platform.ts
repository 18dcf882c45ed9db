import { randomUUID } from 'node:crypto';
import { strictObject } from 'zod/mini';
import { Refusal } from '../../core/errors.ts';
import type { CatalogDocument, CatalogEntry } from '../../core/platform/catalog-entry.ts';
import { type InstanceEntry, type InstancePorts, instanceId } from '../../core/platform/instance.ts';
import { VERSION } from '../../core/platform/version.ts';
import { documentTable, type Page, type QueryOptions } from '../shared/document-table.ts';
import { environment } from '../shared/environment.ts';
import { type ManagementHandler, managementHandler, ok, pageOf, pageQuery, route } from '../shared/management-chain.ts';
import { catalogTable } from '../shared/tables.ts';
import { type MqttEndpoint, things } from '../shared/things.ts';

export interface ManagePlatformPorts {
  readonly instance: InstancePorts;
  readonly mqttEndpoint: () => Promise<MqttEndpoint>;
  readonly findApi: (name: string) => Promise<CatalogEntry | undefined>;
  readonly listApis: (page: QueryOptions) => Promise<Page<CatalogEntry>>;
}

/** The management API's routes of the platform itself and its APIs. */
export const handler = managePlatform(awsPorts);

export function managePlatform(portsOf: () => ManagePlatformPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'GET',
      path: '/instance',
      handler: async () => {
        const { instance, mqttEndpoint } = portsOf();
        const [id, mqtt] = await Promise.all([instanceId(instance), mqttEndpoint()]);

        return ok({ id, environment: environment('CAUSEWAY_ENVIRONMENT'), version: VERSION, mqtt });
      },
    }),
    route({
      method: 'GET',
      path: '/apis',
      query: strictObject(pageQuery),
      handler: async ({ query }) => {
        const { items, ...more } = await portsOf().listApis(pageOf(query));

        return ok({ items: items.map(named), ...more });
      },
    }),
    route({
      method: 'GET',
      path: '/apis/{group}/{api}',
      handler: async ({ path }) => {
        const name = `${path['group']}/${path['api']}`;
        const api = await portsOf().findApi(name);
        if (api === undefined) {
          throw new Refusal('CAUSEWAY.0404', { message: `There is no API ${name}.` });
        }

        return ok(named(api));
      },
    }),
  ]);
}

function named({ name, document }: CatalogEntry): CatalogDocument {
  return { name, ...document };
}

function awsPorts(): ManagePlatformPorts {
  const catalog = catalogTable();
  const platform = documentTable<InstanceEntry, 'kind' | 'name'>(environment('CATALOG_TABLE'), ['kind', 'name']);

  return {
    instance: { find: platform.get, add: (entry) => platform.put(entry, { ifAbsent: true }), newId: randomUUID },
    mqttEndpoint: () => things().mqttEndpoint(environment('MQTT_DOMAIN_CONFIGURATION')),
    findApi: (name) => catalog.get({ kind: 'api', name }),
    listApis: (page) => catalog.query({ kind: 'api' }, page),
  };
}
