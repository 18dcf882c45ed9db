import { randomBytes } from 'node:crypto';
import { exactOptional, strictObject, string } from 'zod/mini';
import { appCodeId, appSecretId, readAppCredentials, secretsOf } from '../../core/apic/app-credentials.ts';
import { appGrants, type GrantPorts, grantApi, revokeApi } from '../../core/apic/app-grants.ts';
import { appCredentials, appView } from '../../core/apic/app-view.ts';
import {
  addAppCode,
  type CreateAppPorts,
  createApp,
  deleteApp,
  RUN_TIME_OWNER,
  removeAppCode,
} from '../../core/apic/manage-app.ts';
import { addAppSecret, removeAppSecret } from '../../core/apic/manage-app-secret.ts';
import type { ProvisionAppPorts } from '../../core/apic/provision-app.ts';
import { Refusal } from '../../core/errors.ts';
import type { TopicGrant } from '../../core/mqs/topic-grants.ts';
import type { StoredEntry } from '../../core/platform/provision-catalog.ts';
import * as items from '../shared/app-items.ts';
import type { Page, QueryOptions } from '../shared/document-table.ts';
import { environment } from '../shared/environment.ts';
import {
  created,
  type ManagementHandler,
  type ManagementRequest,
  managementHandler,
  ok,
  pageOf,
  pageQuery,
  route,
} from '../shared/management-chain.ts';
import { createSecret, deleteSecret } from '../shared/run-time-secrets.ts';
import { readSecret, SECRET_CACHE_MS, writeSecret } from '../shared/secrets.ts';
import { catalogTable } from '../shared/tables.ts';
import { removeTopicGrant, topicGrantsOfApp } from '../shared/topic-grant-items.ts';

interface ManageAppsPorts {
  readonly find: (app: string) => Promise<StoredEntry | undefined>;
  readonly list: (page: QueryOptions) => Promise<Page<StoredEntry>>;
  /** @param maxAgeMs how old the value may be */
  readonly readSecret: (arn: string, maxAgeMs: number) => Promise<object | undefined>;
  readonly creation: Omit<CreateAppPorts, 'exists'>;
  /** @param caller who asks, kept with what is given */
  readonly grants: (caller: string) => GrantPorts;
  readonly keyOfCode: (codeSha256: string) => Promise<string | undefined>;
  /** What an app may do with topics of others. */
  readonly topicGrants: (app: string) => Promise<readonly TopicGrant[]>;
  /** Takes back what was given of it at run time. */
  readonly revokeTopic: (app: string, topic: string) => Promise<void>;
}

const grantQuery = strictObject({ stage: exactOptional(string()) });
const RELEASE = 'RELEASE';

/** Management API: integration apps, their credentials and what they may call. */
export const handler = manageApps(awsPorts);

function manageApps(portsOf: () => ManageAppsPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'GET',
      path: '/apps',
      query: strictObject(pageQuery),
      handler: async ({ query }) => {
        const ports = portsOf();
        const page = await ports.list(pageOf(query));

        return ok({ ...page, items: await Promise.all(page.items.map((entry) => viewOf(ports, entry))) });
      },
    }),
    route({
      method: 'POST',
      path: '/apps',
      body: strictObject({ app: string() }),
      handler: async ({ body }) => {
        const { creation, find } = portsOf();
        const exists = async (app: string) => (await find(app)) !== undefined;

        return created(await createApp({ ...creation, exists }, body.app));
      },
    }),
    route({
      method: 'GET',
      path: '/apps/{app}',
      handler: async ({ path, caller }) => {
        const ports = portsOf();
        const entry = await existing(ports, path['app']);
        const [view, grants, topics] = await Promise.all([
          viewOf(ports, entry),
          appGrants(ports.grants(caller), entry.name),
          ports.topicGrants(entry.name),
        ]);

        return ok({ ...view, grants, topics });
      },
    }),
    route({
      method: 'DELETE',
      path: '/apps/{app}',
      handler: async ({ path, caller }) => {
        const ports = portsOf();
        const { name, owner, document } = await existing(ports, path['app']);
        if (owner !== RUN_TIME_OWNER) {
          throw new Refusal('CAUSEWAY.0412', {
            message: `The app ${name} is declared by a stack: remove it there and deploy. Only apps made at run time are deleted here.`,
          });
        }
        const grants = ports.grants(caller);
        await deleteApp(
          {
            ...ports.creation,
            revokeAll: async () => {
              const [given, topics] = await Promise.all([grants.given(name), ports.topicGrants(name)]);
              await Promise.all([
                ...given.map((api) => grants.takeBack(name, api)),
                ...topics.map(({ topic }) => ports.revokeTopic(name, topic)),
              ]);
            },
          },
          name,
          { secretArn: String(document['secretArn']), key: String(document['key']) },
        );

        return ok({ app: name, deleted: true });
      },
    }),
    route({
      method: 'GET',
      path: '/apps/{app}/credentials',
      handler: async ({ path }) => {
        const ports = portsOf();
        const { name, credentials } = await changeable(ports, path['app']);
        const { key, secret, appCodes } = credentials;

        // Not the second secret: it is told when it is made, and here once it is the only one.
        return ok({
          ...{ app: name, key, secret, appCodes },
          appCodeIds: appCodes.map(appCodeId),
          secretIds: secretsOf(credentials).map(appSecretId),
        });
      },
    }),
    route({
      method: 'POST',
      path: '/apps/{app}/app-codes',
      body: strictObject({ code: exactOptional(string()) }),
      handler: async ({ path, body }) => {
        const ports = portsOf();
        const { name, arn, credentials, provisioning } = await changeable(ports, path['app']);

        return created({
          app: name,
          ...(await addAppCode({ ...provisioning, keyOfCode: ports.keyOfCode }, name, arn, credentials, body.code)),
        });
      },
    }),
    route({
      method: 'DELETE',
      path: '/apps/{app}/app-codes/{id}',
      handler: async ({ path }) => {
        const { name, arn, credentials, provisioning } = await changeable(portsOf(), path['app']);

        return ok({ app: name, ...(await removeAppCode(provisioning, name, arn, credentials, path['id'] ?? '')) });
      },
    }),
    route({
      method: 'POST',
      path: '/apps/{app}/secrets',
      handler: async ({ path }) => {
        const { name, arn, credentials, provisioning } = await changeable(portsOf(), path['app']);

        return created({ app: name, ...(await addAppSecret(provisioning, name, arn, credentials)) });
      },
    }),
    route({
      method: 'DELETE',
      path: '/apps/{app}/secrets/{id}',
      handler: async ({ path }) => {
        const { name, arn, credentials, provisioning } = await changeable(portsOf(), path['app']);

        return ok({ app: name, ...(await removeAppSecret(provisioning, name, arn, credentials, path['id'] ?? '')) });
      },
    }),
    route({
      method: 'POST',
      path: '/apps/{app}/grants/{group}/{api}',
      query: grantQuery,
      handler: async (request) => granting(portsOf(), request, grantApi),
    }),
    route({
      method: 'DELETE',
      path: '/apps/{app}/grants/{group}/{api}',
      query: grantQuery,
      handler: async (request) => granting(portsOf(), request, revokeApi),
    }),
  ]);
}

async function granting(
  ports: ManageAppsPorts,
  { path, query, caller }: ManagementRequest<undefined, { stage?: string }>,
  change: typeof grantApi,
) {
  const { name } = await existing(ports, path['app']);
  const api = { group: path['group'] ?? '', api: path['api'] ?? '', stage: query.stage ?? RELEASE };

  return ok({ app: name, ...(await change(ports.grants(caller), name, api)) });
}

/** An app whose credentials are complete, with what it takes to change them. */
async function changeable(ports: ManageAppsPorts, app: string | undefined) {
  const { name, document } = await existing(ports, app);
  const arn = String(document['secretArn']);
  const credentials = await appCredentials(async () => readAppCredentials(await ports.readSecret(arn, 0)), name);

  return { name, arn, credentials, provisioning: ports.creation.provisioning(arn) };
}

async function existing({ find }: ManageAppsPorts, app = ''): Promise<StoredEntry> {
  const entry = await find(app);
  if (entry === undefined) {
    throw new Refusal('CAUSEWAY.0404', { message: `There is no app ${app}.` });
  }

  return entry;
}

function viewOf(ports: ManageAppsPorts, { name, owner, document }: StoredEntry) {
  const secretOf = async () =>
    readAppCredentials(await ports.readSecret(String(document['secretArn']), SECRET_CACHE_MS));

  return appView(secretOf, name, owner === RUN_TIME_OWNER ? 'run-time' : 'stack');
}

function awsPorts(): ManageAppsPorts {
  const catalog = catalogTable();

  return {
    find: (app) => catalog.get<StoredEntry>({ kind: 'app', name: app }),
    list: (page) => catalog.query<StoredEntry>({ kind: 'app' }, page),
    readSecret: (arn, maxAgeMs) => readSecret(arn, { maxAgeMs }),
    keyOfCode: items.findKeyOfCode,
    topicGrants: async (app) =>
      topicGrantsOfApp(
        app,
        (await catalog.queryAll({ kind: 'topic' })).map(({ name }) => name),
      ),
    revokeTopic: (app, topic) => removeTopicGrant('run-time', topic, app),
    creation: {
      // A name of its own for each: one that was deleted a moment ago may not be taken again yet.
      createSecret: (app, credentials) =>
        createSecret(
          `${environment('APP_SECRET_FOLDER')}/${app}-${randomBytes(4).toString('hex')}`,
          credentials,
          `Credentials of the app ${app}, made at run time`,
        ),
      deleteSecret,
      add: (name, document) =>
        catalog.put<StoredEntry>(
          { kind: 'app', name, document: { ...document }, owner: RUN_TIME_OWNER },
          { ifAbsent: true },
        ),
      remove: (name) => catalog.delete({ kind: 'app', name }),
      provisioning,
    },
    grants: (caller) => ({
      apis: async () =>
        (await catalog.queryAll({ kind: 'api' })).map(({ name, document: { group, stage, app, auth, topic } }) => ({
          group: String(group),
          // An API's entry is named `<group>/<api>`.
          api: name.slice(String(group).length + 1),
          ...{ stage: String(stage), owner: String(app), auth: String(auth) },
          ...(typeof topic === 'string' && { topic }),
        })),
      isDeclared: (app, api) => items.isDeclaredGrant(api, app),
      given: items.givenGrants,
      give: (app, api) => items.giveGrant(api, app, caller),
      takeBack: (app, api) => items.takeGrantBack(api, app),
    }),
  };
}

function provisioning(secretArn: string): ProvisionAppPorts {
  return {
    readSecret: () => readSecret(secretArn),
    writeSecret: (credentials) => writeSecret(secretArn, credentials),
    findApp: items.findApp,
    putApp: items.putApp,
    removeApp: items.removeAppItem,
    putCode: items.addCode,
    removeCode: items.removeCode,
  };
}
