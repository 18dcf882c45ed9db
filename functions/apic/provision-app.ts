import { isAppCredentials } from '../../core/apic/app-credentials.ts';
import { type ProvisionAppPorts, provisionApp, removeApp } from '../../core/apic/provision-app.ts';
import { addCode, findApp, putApp, removeAppItem, removeCode } from '../shared/app-items.ts';
import { type CustomResourceHandler, customResource } from '../shared/custom-resource.ts';
import { logger } from '../shared/logger.ts';
import { readSecret, writeSecret } from '../shared/secrets.ts';

export interface AppProperties {
  readonly App: string;
  /** Where the credentials go: `{"key","secret","appCodes":["…"]}`. */
  readonly SecretArn: string;
}

/** The credentials of an app, made once and entered for the judging of calls. */
export const handler = appResource(awsPorts);

/** The physical id is `<app>/<key>`: removing an app must not need its secret, which the provider's role may read no longer by then. */
export function appResource(portsFor: (secretArn: string) => ProvisionAppPorts): CustomResourceHandler {
  const provision = async ({ App, SecretArn }: AppProperties) => {
    const key = await provisionApp(portsFor(SecretArn), App, SecretArn);

    return { physicalId: `${App}/${key}` };
  };

  return customResource<AppProperties>({
    create: ({ properties }) => provision(properties),
    update: ({ properties }) => provision(properties),
    async delete({ properties, physicalId }) {
      const ports = portsFor(properties.SecretArn);
      const key = physicalId.split('/')[1] ?? (await keyInSecret(ports));
      if (key !== undefined) {
        await removeApp(ports, key);
      }
    },
  });
}

/** After a failed creation the id holds no key yet; what the secret holds may have been entered already. */
async function keyInSecret(ports: ProvisionAppPorts): Promise<string | undefined> {
  try {
    const credentials = await ports.readSecret();

    return isAppCredentials(credentials) ? credentials.key : undefined;
  } catch (error) {
    logger.warn('the secret of an app that was never complete cannot be read', { error });

    return undefined;
  }
}

function awsPorts(secretArn: string): ProvisionAppPorts {
  return {
    readSecret: () => readSecret(secretArn),
    writeSecret: (credentials) => writeSecret(secretArn, credentials),
    findApp,
    putApp,
    removeApp: removeAppItem,
    putCode: addCode,
    removeCode,
  };
}
