import { randomUUID } from 'node:crypto';
import { strictObject } from 'zod/mini';
import { Refusal } from '../../core/errors.ts';
import { type AppPorts, type AppSecret, appCredentials, appGrants, appView } from '../../core/platform/app-view.ts';
import type { CatalogDocument, CatalogEntry, CatalogKind } from '../../core/platform/catalog-entry.ts';
import { type InstanceEntry, type InstancePorts, instanceId } from '../../core/platform/instance.ts';
import { VERSION } from '../../core/platform/version.ts';
import { documentTable, type Page, type QueryOptions } from '../shared/document-table.ts';
import { environment } from '../shared/environment.ts';
import { type ManagementHandler, managementHandler, ok, pageOf, pageQuery, route } from '../shared/management-chain.ts';
import { readSecret, SECRET_CACHE_MS } from '../shared/secrets.ts';
import { appTable, catalogTable } from '../shared/tables.ts';
import { type MqttEndpoint, things } from '../shared/things.ts';

export interface ManagePlatformPorts {
  readonly instance: InstancePorts;
  readonly mqttEndpoint: () => Promise<MqttEndpoint>;
  readonly find: (kind: CatalogKind, name: string) => Promise<CatalogEntry | undefined>;
  readonly list: (kind: CatalogKind, page: QueryOptions) => Promise<Page<CatalogEntry>>;
  readonly listAll: (kind: CatalogKind) => Promise<readonly CatalogEntry[]>;
  /** @param maxAgeMs how old the value may be */
  readonly readAppSecret: (arn: string, maxAgeMs: number) => Promise<AppSecret | undefined>;
  readonly isGranted: AppPorts['isGranted'];
}

/** The management API's routes of the platform itself, its apps and its APIs. */
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
      path: '/apps',
      query: strictObject(pageQuery),
      handler: async ({ query }) => {
        const ports = portsOf();
        const { items, ...more } = await ports.list('app', pageOf(query));
        const apps = await Promise.all(
          items.map((entry) => appView(secrets(ports, entry, SECRET_CACHE_MS), entry.name)),
        );

        return ok({ items: apps, ...more });
      },
    }),
    route({
      method: 'GET',
      path: '/apps/{app}',
      handler: async ({ path }) => {
        const ports = portsOf();
        const entry = await existing(ports, 'app', path['app'] ?? '');
        const view = await appView(secrets(ports, entry, SECRET_CACHE_MS), entry.name);
        const apis = async () => (await ports.listAll('api')).map(ownedApi);

        return ok({ ...view, grants: await appGrants({ apis, isGranted: ports.isGranted }, entry.name) });
      },
    }),
    route({
      method: 'GET',
      path: '/apps/{app}/credentials',
      handler: async ({ path }) => {
        const ports = portsOf();
        const entry = await existing(ports, 'app', path['app'] ?? '');

        return ok(await appCredentials(secrets(ports, entry, 0), entry.name));
      },
    }),
    route({
      method: 'GET',
      path: '/apis',
      query: strictObject(pageQuery),
      handler: async ({ query }) => {
        const { items, ...more } = await portsOf().list('api', pageOf(query));

        return ok({ items: items.map(named), ...more });
      },
    }),
    route({
      method: 'GET',
      path: '/apis/{group}/{api}',
      handler: async ({ path }) => ok(named(await existing(portsOf(), 'api', `${path['group']}/${path['api']}`))),
    }),
  ]);
}

async function existing(ports: ManagePlatformPorts, kind: CatalogKind, name: string): Promise<CatalogEntry> {
  const entry = await ports.find(kind, name);
  if (entry === undefined) {
    throw new Refusal('CAUSEWAY.0404', { message: `There is no ${kind === 'api' ? 'API' : kind} ${name}.` });
  }

  return entry;
}

function secrets({ readAppSecret }: ManagePlatformPorts, { document }: CatalogEntry, maxAgeMs: number) {
  return { secretOf: () => readAppSecret(String(document['secretArn']), maxAgeMs) };
}

function named({ name, document }: CatalogEntry): CatalogDocument {
  return { name, ...document };
}

/** An API's entry is named `<group>/<api>`. */
function ownedApi({ name, document }: CatalogEntry) {
  const { group, stage, app } = document;

  return { group: String(group), api: name.slice(String(group).length + 1), stage: String(stage), owner: String(app) };
}

function awsPorts(): ManagePlatformPorts {
  const catalog = catalogTable();
  const platform = documentTable<InstanceEntry, 'kind' | 'name'>(environment('CATALOG_TABLE'), ['kind', 'name']);

  return {
    instance: { find: platform.get, add: (entry) => platform.put(entry, { ifAbsent: true }), newId: randomUUID },
    mqttEndpoint: () => things().mqttEndpoint(environment('MQTT_DOMAIN_CONFIGURATION')),
    find: (kind, name) => catalog.get({ kind, name }),
    list: (kind, page) => catalog.query({ kind }, page),
    listAll: (kind) => catalog.queryAll({ kind }),
    readAppSecret: (arn, maxAgeMs) => readSecret<AppSecret>(arn, { maxAgeMs }),
    isGranted: async (app, { group, api, stage }) =>
      (await appTable().get({ pk: `grant#${group}/${api}`, sk: `${stage}#${app}` })) !== undefined,
  };
}
