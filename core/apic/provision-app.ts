import { type AppCredentials, generateAppCredentials, isAppCredentials } from './app-credentials.ts';
import { sha256Hex } from './canonical-request.ts';

/** An app as every call looks it up by its key. */
export interface AppRecord {
  readonly app: string;
  readonly key: string;
  readonly secretArn: string;
  readonly enabled: boolean;
  /** SHA-256, in hex, of each of its AppCodes. */
  readonly codes: readonly string[];
  /** Of its credentials: another one means that its secrets have changed. */
  readonly revision?: number;
}

export interface ProvisionAppPorts {
  /** Whatever the app's secret holds as JSON. */
  readonly readSecret: () => Promise<object | undefined>;
  readonly writeSecret: (credentials: AppCredentials) => Promise<void>;
  readonly findApp: (key: string) => Promise<AppRecord | undefined>;
  readonly putApp: (app: AppRecord) => Promise<void>;
  readonly removeApp: (key: string) => Promise<void>;
  readonly putCode: (codeSha256: string, app: { readonly app: string; readonly key: string }) => Promise<void>;
  readonly removeCode: (codeSha256: string) => Promise<void>;
}

/**
 * Gives an app its credentials, unless its secret holds some already, and enters them where calls are judged. Repeatable at any point:
 * credentials that exist never change here, and an app that was disabled stays so.
 *
 * @returns the app's key
 */
export async function provisionApp(ports: ProvisionAppPorts, app: string, secretArn: string): Promise<string> {
  const { key, appCodes, revision } = await credentialsOf(ports);
  const before = await ports.findApp(key);
  const codes = appCodes.map((code) => sha256Hex(code));
  const gone = (before?.codes ?? []).filter((code) => !codes.includes(code));

  // The app first: a code without its app would be refused, an app without its code only waits.
  await ports.putApp({
    ...{ app, key, secretArn, enabled: before?.enabled ?? true, codes },
    ...(revision !== undefined && { revision }),
  });
  await Promise.all([
    ...codes.map((code) => ports.putCode(code, { app, key })),
    ...gone.map((code) => ports.removeCode(code)),
  ]);

  return key;
}

/** Changes an app's credentials: the secret is what is true; the table, by which calls are judged, is made to follow it. */
export async function keepCredentials(
  ports: ProvisionAppPorts,
  app: string,
  secretArn: string,
  credentials: AppCredentials,
): Promise<void> {
  await ports.writeSecret(credentials);
  await provisionApp(ports, app, secretArn);
}

/** Removes an app from where calls are judged. Its credentials go with its secret. */
export async function removeApp(
  ports: Pick<ProvisionAppPorts, 'findApp' | 'removeApp' | 'removeCode'>,
  key: string,
): Promise<void> {
  const app = await ports.findApp(key);
  await Promise.all((app?.codes ?? []).map((code) => ports.removeCode(code)));
  await ports.removeApp(key);
}

async function credentialsOf(ports: ProvisionAppPorts): Promise<AppCredentials> {
  const current = await ports.readSecret();
  if (isAppCredentials(current)) {
    return current;
  }
  const generated = generateAppCredentials();
  await ports.writeSecret(generated);
  // Read back: where the event was delivered twice at once, the last writer's credentials are the app's.
  const stored = await ports.readSecret();

  return isAppCredentials(stored) ? stored : generated;
}
