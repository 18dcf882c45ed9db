import { InvalidSetting, Refusal } from '../errors.ts';
import {
  type AppCredentials,
  appCodeId,
  checkAppCode,
  generateAppCode,
  generateAppCredentials,
  MAX_APP_CODES,
} from './app-credentials.ts';
import { sha256Hex } from './canonical-request.ts';
import { keepCredentials, type ProvisionAppPorts, provisionApp, removeApp } from './provision-app.ts';

/** An app made at run time stands in the catalogue like a declared one; this is what it says where a stack would stand. */
export const RUN_TIME_OWNER = 'an operator at run time';

const APP_NAME = /^[\w-]{3,64}$/;

export interface CreateAppPorts {
  readonly exists: (app: string) => Promise<boolean>;
  /** A new secret that holds these; answers its ARN. */
  readonly createSecret: (app: string, credentials: AppCredentials) => Promise<string>;
  readonly deleteSecret: (arn: string) => Promise<void>;
  /** Enters an app into the catalogue unless it holds one of that name; answers whether it did. */
  readonly add: (app: string, document: { readonly secretArn: string; readonly key: string }) => Promise<boolean>;
  readonly remove: (app: string) => Promise<void>;
  /** What provisioning an app takes, for the secret of this ARN. */
  readonly provisioning: (secretArn: string) => ProvisionAppPorts;
}

/**
 * Makes an app with key, secret and one AppCode. The catalogue is written before the credentials count: what a crash leaves behind can be
 * seen and deleted.
 *
 * @throws InvalidSetting for a name that cannot be one, Refusal CAUSEWAY.0409 for one that is taken
 */
export async function createApp(
  ports: CreateAppPorts,
  app: string,
): Promise<AppCredentials & { readonly app: string }> {
  if (!APP_NAME.test(app)) {
    throw new InvalidSetting('app', app, '3 to 64 letters, digits, `_` or `-`');
  }
  if (await ports.exists(app)) {
    throw taken(app);
  }
  const credentials = generateAppCredentials();
  const secretArn = await ports.createSecret(app, credentials);
  if (!(await ports.add(app, { secretArn, key: credentials.key }))) {
    await ports.deleteSecret(secretArn);
    throw taken(app);
  }
  await provisionApp(ports.provisioning(secretArn), app, secretArn);

  return { app, ...credentials };
}

export interface DeleteAppPorts extends Pick<CreateAppPorts, 'remove' | 'deleteSecret' | 'provisioning'> {
  readonly revokeAll: () => Promise<void>;
}

/** Removes an app that was made at run time: it cannot call from the first step on. Repeatable at any point. */
export async function deleteApp(
  ports: DeleteAppPorts,
  app: string,
  { secretArn, key }: { readonly secretArn: string; readonly key: string },
): Promise<void> {
  await removeApp(ports.provisioning(secretArn), key);
  await ports.revokeAll();
  await ports.deleteSecret(secretArn);
  await ports.remove(app);
}

export interface AppCodePorts extends ProvisionAppPorts {
  /** The key of the app that has an AppCode, by its SHA-256 in hex. */
  readonly keyOfCode: (codeSha256: string) => Promise<string | undefined>;
}

/**
 * Gives an app one more AppCode, a generated one unless one is brought along.
 *
 * @throws InvalidSetting for a code that cannot be one, Refusal CAUSEWAY.0409 for one in use, CAUSEWAY.0412 when it has 5
 */
export async function addAppCode(
  ports: AppCodePorts,
  app: string,
  secretArn: string,
  credentials: AppCredentials,
  wanted?: string,
): Promise<{ readonly id: string; readonly code: string }> {
  const code = wanted === undefined ? generateAppCode() : checkAppCode(wanted);
  if (credentials.appCodes.length >= MAX_APP_CODES) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `The app ${app} has ${MAX_APP_CODES} AppCodes, the most there may be. Delete one first.`,
    });
  }
  if ((await ports.keyOfCode(sha256Hex(code))) !== undefined) {
    throw new Refusal('CAUSEWAY.0409', { message: 'This AppCode is in use already; choose another.' });
  }
  await keepCredentials(ports, app, secretArn, { ...credentials, appCodes: [...credentials.appCodes, code] });

  return { id: appCodeId(code), code };
}

/**
 * Takes one AppCode from an app; it is refused from now on.
 *
 * @param id what `appCodeId` answers, or its beginning
 * @throws Refusal CAUSEWAY.0404 where no code, CAUSEWAY.0400 where several codes have the id
 */
export async function removeAppCode(
  ports: ProvisionAppPorts,
  app: string,
  secretArn: string,
  credentials: AppCredentials,
  id: string,
): Promise<{ readonly id: string }> {
  const found = credentials.appCodes.filter((code) => appCodeId(code).startsWith(id.toLowerCase()));
  const [code] = found;
  if (code === undefined || id === '') {
    throw new Refusal('CAUSEWAY.0404', { message: `The app ${app} has no AppCode with the id ${JSON.stringify(id)}.` });
  }
  if (found.length > 1) {
    throw new Refusal('CAUSEWAY.0400', {
      message: `Several AppCodes of ${app} have ids that begin with ${id}: give more of it.`,
    });
  }
  await keepCredentials(ports, app, secretArn, {
    ...credentials,
    appCodes: credentials.appCodes.filter((other) => other !== code),
  });

  return { id: appCodeId(code) };
}

function taken(app: string): Refusal {
  return new Refusal('CAUSEWAY.0409', { message: `There is an app named ${app} already.` });
}
