import { Refusal } from '../errors.ts';

/** What the secret of an app holds. */
export interface AppSecret {
  readonly key: string;
  readonly secret: string;
  readonly appCodes: readonly string[];
}

/** An app as everybody who may read the catalogue may see it. */
export interface AppView {
  readonly app: string;
  /** Names the app in a signature; no secret. */
  readonly key: string;
  /** How many AppCodes it has. */
  readonly appCodes: number;
}

/** An API the app may call although it belongs to another. */
export interface AppGrant {
  readonly group: string;
  readonly api: string;
  readonly stage: string;
}

export interface AppCredentials extends AppSecret {
  readonly app: string;
}

export interface AppPorts {
  /** Undefined while the app's credentials are still being made. */
  readonly secretOf: (app: string) => Promise<AppSecret | undefined>;
  /** All APIs of the platform, by group, name and stage, with their owners. */
  readonly apis: () => Promise<readonly (AppGrant & { readonly owner: string })[]>;
  readonly isGranted: (app: string, api: AppGrant) => Promise<boolean>;
}

/** Lookups at once: a page of the list stays quick and the table's other readers too. */
const AT_ONCE = 20;

export async function appView({ secretOf }: Pick<AppPorts, 'secretOf'>, app: string): Promise<AppView> {
  const secret = await secretOf(app);

  return { app, key: secret?.key ?? '', appCodes: secret?.appCodes.length ?? 0 };
}

export async function appGrants(
  { apis, isGranted }: Pick<AppPorts, 'apis' | 'isGranted'>,
  app: string,
): Promise<AppGrant[]> {
  const foreign = (await apis()).filter(({ owner }) => owner !== app);
  const grants: AppGrant[] = [];
  for (let from = 0; from < foreign.length; from += AT_ONCE) {
    const some = foreign.slice(from, from + AT_ONCE).map(({ group, api, stage }) => ({ group, api, stage }));
    const granted = await Promise.all(some.map((api) => isGranted(app, api)));
    grants.push(...some.filter((_, index) => granted[index]));
  }

  return grants;
}

/** @throws Refusal CAUSEWAY.0412 while the credentials are still being made */
export async function appCredentials({ secretOf }: Pick<AppPorts, 'secretOf'>, app: string): Promise<AppCredentials> {
  const secret = await secretOf(app);
  if (secret === undefined) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `The app ${app} has no credentials yet: its deployment is not finished.`,
    });
  }
  const { key, secret: value, appCodes } = secret;

  return { app, key, secret: value, appCodes };
}
