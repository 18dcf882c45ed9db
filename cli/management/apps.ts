import type { TopicGrant } from '../../core/mqs/topic-grants.ts';
import { type Calls, path } from './calls.ts';

export interface App {
  readonly app: string;
  readonly key: string;
  /** How many it has. */
  readonly appCodes: number;
  /** `stack`: it comes and goes with a deployment. */
  readonly origin: Origin;
}

type Origin = 'stack' | 'run-time';

export interface GrantableApi {
  readonly group: string;
  readonly api: string;
  readonly stage: string;
}

/** An API of another app that it may call; `by` says who gave the right. */
export interface AppGrant extends GrantableApi {
  readonly by: readonly Origin[];
}

export interface AppDetails extends App {
  readonly grants: readonly AppGrant[];
  /** What it may do with topics of others. Absent of platforms from before there were such grants. */
  readonly topics?: readonly TopicGrant[];
}

export interface NewApp {
  readonly app: string;
  readonly key: string;
  readonly secret: string;
  readonly appCodes: readonly string[];
}

export interface AppSecrets extends NewApp {
  /** Names of its secrets, one or two, the older first. */
  readonly secretIds: readonly string[];
  /** Names of the AppCodes, in their order, which addresses and logs may hold. */
  readonly appCodeIds: readonly string[];
}

export interface AppCode {
  readonly id: string;
  readonly code: string;
}

export interface AppSecret {
  readonly id: string;
  readonly secret: string;
}

/** Apps, their credentials and what they may call. */
export interface AppOperations {
  apps(): Promise<App[]>;
  app(app: string): Promise<AppDetails>;
  appSecrets(app: string): Promise<AppSecrets>;
  createApp(app: string): Promise<NewApp>;
  deleteApp(app: string): Promise<unknown>;
  /** Generates the code unless it is given. */
  createAppCode(app: string, code?: string): Promise<AppCode>;
  deleteAppCode(app: string, id: string): Promise<{ readonly id: string }>;
  addAppSecret(app: string): Promise<AppSecret>;
  removeAppSecret(app: string, id: string): Promise<{ readonly id: string }>;
  grant(app: string, api: GrantableApi): Promise<AppGrant>;
  /** `by` says who still lets the app call. */
  revoke(app: string, api: GrantableApi): Promise<AppGrant>;
}

export function appOperations({ ask, send, all }: Calls): AppOperations {
  const grants = (app: string, { group, api }: GrantableApi) => path`/apps/${app}/grants/${group}/${api}`;

  return {
    apps: () => all<App>('/apps'),
    app: (app) => ask(path`/apps/${app}`) as Promise<AppDetails>,
    appSecrets: (app) => ask(path`/apps/${app}/credentials`) as Promise<AppSecrets>,
    createApp: (app) => send('POST', '/apps', { app }) as Promise<NewApp>,
    deleteApp: (app) => send('DELETE', path`/apps/${app}`),
    createAppCode: (app, code) =>
      send('POST', path`/apps/${app}/app-codes`, code === undefined ? {} : { code }) as Promise<AppCode>,
    deleteAppCode: (app, id) => send('DELETE', path`/apps/${app}/app-codes/${id}`) as Promise<{ id: string }>,
    addAppSecret: (app) => send('POST', path`/apps/${app}/secrets`) as Promise<AppSecret>,
    removeAppSecret: (app, id) => send('DELETE', path`/apps/${app}/secrets/${id}`) as Promise<{ id: string }>,
    grant: (app, api) => send('POST', grants(app, api), undefined, { stage: api.stage }) as Promise<AppGrant>,
    revoke: (app, api) => send('DELETE', grants(app, api), undefined, { stage: api.stage }) as Promise<AppGrant>,
  };
}
