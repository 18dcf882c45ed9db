import type { AppCredentials, LocalDatabase, LocalDevice } from '../platform/local-file.ts';

/** What the local runtime answers once the templates are applied, as far as the facts below need it. */
export interface AppliedStacks {
  /** Outputs by stack and name, in the order of the templates. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** A secret's current value. */
  secret(arn: string): string;
}

/** What the stacks say about themselves: the outputs named `Causeway…`, whose values are JSON, and the secrets they name. */
export interface PlatformFacts {
  readonly apps: Readonly<Record<string, AppCredentials>>;
  readonly devices: readonly LocalDevice[];
  /** With the name of their RestApi, which is the base path they answer under: an environment's prefix stands before it. */
  readonly groups: readonly { readonly group: string; readonly name: string }[];
  /** The RestApi of the management API. */
  readonly management: string | undefined;
  /** Other secrets people need, by the name their integration gives them. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Buckets that files are put into, by the name their integration gives them. */
  readonly files: Readonly<Record<string, string>>;
  readonly database: Omit<LocalDatabase, 'host' | 'port'> | undefined;
}

export function platformFacts(stacks: AppliedStacks): PlatformFacts {
  const secret = <T>(arn: string) => JSON.parse(stacks.secret(arn)) as T;
  const apps = outputs<{ app: string; secret: string }>(stacks, /^CausewayApp[A-Z]/);
  const devices = outputs<{ product: string; secret: string }>(stacks, /^CausewayDevices[A-Z]/);
  const secrets = outputs<{ name: string; secret: string }>(stacks, /^CausewaySecret[A-Z]/);
  const groups = outputs<{ group: string; name: string }>(stacks, /^CausewayApi[A-Z]/);
  const files = outputs<{ name: string; bucket: string }>(stacks, /^CausewayFiles[A-Z]/);
  const [management] = outputs<{ restApi: string }>(stacks, /^CausewayManagement$/);
  const [database] = outputs<{ database: string; reader: string }>(stacks, /^CausewayDatabase$/);

  return {
    apps: Object.fromEntries(
      apps.map(({ app, secret: arn }) => {
        const { key, secret: value, appCodes } = secret<AppCredentials>(arn);

        return [app, { key, secret: value, appCodes }];
      }),
    ),
    devices: devices.flatMap(({ secret: arn }) => secret<{ devices: LocalDevice[] }>(arn).devices),
    secrets: Object.fromEntries(secrets.map(({ name, secret: arn }) => [name, stacks.secret(arn)])),
    groups: groups.map(({ group, name }) => ({ group, name })),
    files: Object.fromEntries(files.map(({ name, bucket }) => [name, bucket])),
    management: management?.restApi,
    database: database === undefined ? undefined : { ...reader(secret(database.reader)), database: database.database },
  };
}

function outputs<T>({ outputs: stacks }: AppliedStacks, name: RegExp): T[] {
  return Object.values(stacks)
    .flatMap((outputsOfStack) => Object.entries(outputsOfStack))
    .filter(([key]) => name.test(key))
    .map(([, value]) => JSON.parse(value) as T);
}

function reader({ username, password }: { username: string; password: string }) {
  return { user: username, password };
}
