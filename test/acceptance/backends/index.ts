import { type App, CfnParameter, Duration, SecretValue } from 'aws-cdk-lib';
import { type CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { FunctionApi } from '../../../lib/apic/function-api.ts';
import { HttpApi } from '../../../lib/apic/http-api.ts';
import { HttpBackend } from '../../../lib/apic/http-backend.ts';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { SignatureKey } from '../../../lib/apic/signature-key.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

interface Places {
  readonly port: number;
  readonly gateway: string;
  /** A Redis, and the password that it wants. */
  readonly redis: { readonly port: number; readonly password: string };
}

/** APIs that a server of the test answers; where that is, and where the APIs will be, the test knows. */
export function backends(app: App, { port, gateway, redis }: Places): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform', { database: false });
  platform.addStackDependency(account);

  const stack = new Integration(app, 'CausewayBackends', { platform });
  const api = { group: new ApiGroup(stack, 'Shop'), app: new IntegrationApp(stack, 'ShopOwner'), appCode: true };
  const signatureKey = new SignatureKey(stack, 'WarehouseKey', { versions: ['1', '2'] });
  const url = `http://127.0.0.1:${port}/v1`;
  const signed = { ...api, signatureKey, backend: new HttpBackend(stack, 'Warehouse', { url, signatureKey }) };
  // One that is known only at deployment.
  const later = new CfnParameter(stack, 'PlainUrl', { default: url }).valueAsString;
  const plain = { ...api, backend: new HttpBackend(stack, 'Plain', { url: later }) };

  new HttpApi(stack, 'Item', { ...signed, path: '/items/{id}', passthrough: true });
  new HttpApi(stack, 'Order', {
    ...{ ...signed, method: 'POST', path: '/orders' },
    parameters: { urgent: { in: 'query', type: 'boolean' } },
    backendParameters: {
      'X-Priority': { in: 'header', from: 'urgent' },
      'X-App': { in: 'header', system: 'app' },
      from: { in: 'query', value: 'causeway' },
    },
  });
  new HttpApi(stack, 'Slow', { ...plain, path: '/slow', timeout: Duration.millis(400) });
  new HttpApi(stack, 'Flaky', { ...plain, path: '/flaky', retries: 2 });
  new HttpApi(stack, 'FlakyOrder', { ...plain, method: 'POST', path: '/flaky', retries: 2 });
  new HttpApi(stack, 'Large', { ...plain, path: '/large' });
  new HttpApi(stack, 'Moved', { ...plain, path: '/moved' });

  const at = (id: string, address: string) => ({ ...api, backend: new HttpBackend(stack, id, { url: address }) });
  new HttpApi(stack, 'Closed', { ...at('ClosedBackend', 'http://127.0.0.1:9'), path: '/closed' });
  new HttpApi(stack, 'Metadata', { ...at('MetadataBackend', 'http://169.254.169.254'), path: '/latest' });
  new HttpApi(stack, 'Nowhere', { ...at('NowhereBackend', 'http://nowhere.invalid'), path: '/nowhere' });
  const open = { group: api.group, app: api.app, auth: 'none' as const };
  new HttpApi(stack, 'Ring', {
    ...open,
    path: '/ring',
    timeout: Duration.seconds(28),
    backend: new HttpBackend(stack, 'RingBackend', { url: gateway }),
  });

  const secret = (id: string, text: string) =>
    new Secret(stack, id, { secretStringValue: SecretValue.unsafePlainText(text) });
  const keys = `redis://localhost:${redis.port}`;
  new FunctionApi(stack, 'Visits', {
    ...{ ...api, path: '/visits', code: `${import.meta.dirname}/visits.ts` },
    sources: {
      keys: { url: keys, password: { secret: secret('KeysPassword', redis.password) } },
      wrong: { url: keys, password: { secret: secret('WrongPassword', 'wrong') } },
      gone: { url: 'jdbc:postgresql://127.0.0.1:9/shop', user: 'reader' },
    },
  });

  // A key that nobody can sign with any more.
  const lost = new SignatureKey(stack, 'LostKey');
  const resource = lost.secret.node.defaultChild as CfnSecret;
  resource.generateSecretString = undefined;
  resource.secretString = 'lost';
  new HttpApi(stack, 'Unsigned', { ...plain, signatureKey: lost, path: '/unsigned' });
}
