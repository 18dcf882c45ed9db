import { randomInt } from 'node:crypto';
import { Refusal } from '../errors.ts';
import { type AppCredentials, appSecretId, generateAppSecret, MAX_APP_SECRETS, secretsOf } from './app-credentials.ts';
import { keepCredentials, type ProvisionAppPorts, provisionApp } from './provision-app.ts';

/** An app's secrets, by ids that tell nothing of them, the older first. */
export interface AppSecretIds {
  readonly secretIds: readonly string[];
}

/**
 * Gives an app a second secret. Both count from now on, until one of them is removed.
 *
 * @returns the new secret, which nothing tells again as long as there are two
 * @throws Refusal CAUSEWAY.0412 when it has two, CAUSEWAY.0409 when somebody else changed the secrets at the same moment
 */
export async function addAppSecret(
  ports: ProvisionAppPorts,
  app: string,
  secretArn: string,
  credentials: AppCredentials,
): Promise<AppSecretIds & { readonly id: string; readonly secret: string }> {
  if (secretsOf(credentials).length >= MAX_APP_SECRETS) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `The app ${app} has ${MAX_APP_SECRETS} secrets, the most there may be. Remove the one nobody signs with any more first.`,
    });
  }
  const secret = generateAppSecret();
  const secretIds = await change(ports, app, secretArn, { ...credentials, nextSecret: secret });

  return { id: appSecretId(secret), secret, secretIds };
}

/**
 * Takes one of its two secrets from an app: what is signed with it is refused from now on. The other one stays, whichever it is.
 *
 * @param id what `appSecretId` answers, or its beginning
 * @throws Refusal CAUSEWAY.0404 where no secret, CAUSEWAY.0400 where both have the id, CAUSEWAY.0412 for the only one, CAUSEWAY.0409 as above
 */
export async function removeAppSecret(
  ports: ProvisionAppPorts,
  app: string,
  secretArn: string,
  credentials: AppCredentials,
  id: string,
): Promise<AppSecretIds & { readonly id: string }> {
  const secrets = secretsOf(credentials);
  const [secret, ...more] = id === '' ? [] : secrets.filter((one) => appSecretId(one).startsWith(id.toLowerCase()));
  if (secret === undefined) {
    throw new Refusal('CAUSEWAY.0404', { message: `The app ${app} has no secret with the id ${JSON.stringify(id)}.` });
  }
  if (more.length > 0) {
    throw new Refusal('CAUSEWAY.0400', {
      message: `Both secrets of ${app} have ids that begin with ${id}: give more of it.`,
    });
  }
  const [staying] = secrets.filter((one) => one !== secret);
  if (staying === undefined) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `It is the only secret of the app ${app}, which could not sign any more. Add another one first.`,
    });
  }
  const { nextSecret: _, ...others } = credentials;
  const secretIds = await change(ports, app, secretArn, { ...others, secret: staying });

  return { id: appSecretId(secret), secretIds };
}

/** How far a revision may grow at once. */
const MAX_STEP = 1_000_000;

/** The revision makes every function that judges calls read the secrets again, at the next call. */
async function change(
  ports: ProvisionAppPorts,
  app: string,
  secretArn: string,
  changed: AppCredentials,
): Promise<readonly string[]> {
  // Not the next number: whoever changes them at the same moment must not take the same one for other secrets.
  const credentials = { ...changed, revision: (changed.revision ?? 0) + randomInt(1, MAX_STEP) };
  await keepCredentials(ports, app, secretArn, credentials);
  // Secrets Manager has no conditional writes: of two at once the later one counts, and the other must not be told as if it did.
  const ids = secretsOf(credentials).map(appSecretId);
  const kept = secretsOf(await ports.readSecret()).map(appSecretId);
  if (kept.join() !== ids.join()) {
    // Of both changes the table has to follow the one that stayed.
    await provisionApp(ports, app, secretArn);
    throw new Refusal('CAUSEWAY.0409', {
      message: `Somebody else changed the secrets of the app ${app} at the same moment. List them and try again.`,
    });
  }

  return ids;
}
