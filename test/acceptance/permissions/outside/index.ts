import { join } from 'node:path';
import process from 'node:process';
import { type App, SecretValue } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { SyncStack } from '../../../../integrations/sync/sync-stack.ts';
import { ApiGroup } from '../../../../lib/apic/api-group.ts';
import { FunctionApi } from '../../../../lib/apic/function-api.ts';
import { HttpApi } from '../../../../lib/apic/http-api.ts';
import { HttpBackend } from '../../../../lib/apic/http-backend.ts';
import { IntegrationApp } from '../../../../lib/apic/integration-app.ts';
import { Scripts } from '../../../../lib/apic/scripts.ts';
import { SignatureKey } from '../../../../lib/apic/signature-key.ts';
import { FileBucket } from '../../../../lib/fdi/file-bucket.ts';
import { KafkaCluster } from '../../../../lib/fdi/kafka-cluster.ts';
import { Migrations } from '../../../../lib/fdi/migrations.ts';
import { RealtimeTask } from '../../../../lib/fdi/realtime-task.ts';
import { ScheduledTask } from '../../../../lib/fdi/scheduled-task.ts';
import { Device } from '../../../../lib/link/device.ts';
import { ForwardingRule } from '../../../../lib/link/forwarding-rule.ts';
import { Product } from '../../../../lib/link/product.ts';
import { Topic } from '../../../../lib/mqs/topic.ts';
import { AccountStack } from '../../../../lib/platform/account-stack.ts';
import { Integration } from '../../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../../lib/platform/platform-stack.ts';
import { API_PASSWORD, KEEPER_PASSWORD } from './servers.ts';

const folder = import.meta.dirname;

/** The sync example between databases of others and Kafka, and tasks and APIs of every kind that has to do with what is not the platform's. */
export default function outside(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  const place = (name: string) => process.env[name] ?? '';
  const url = place('OUTSIDE_DATABASE');
  const brokers = [place('KAFKA_BROKERS')];
  new SyncStack(app, 'CausewaySync', {
    ...{ platform, brokers },
    source: { url, user: 'source' },
    target: { url, user: 'target' },
  });

  const stack = new Integration(app, 'CausewayOutside', { platform });
  const owner = new IntegrationApp(stack, 'OutsideOwner');
  const tables = new Migrations(stack, 'OutsideTables', { folder: `${folder}/sql` });
  const secret = (id: string, value: string | object) =>
    new Secret(stack, id, {
      secretStringValue: SecretValue.unsafePlainText(typeof value === 'string' ? value : JSON.stringify(value)),
    });
  const password = { secret: secret('ShopPassword', place('OUTSIDE_PASSWORD')) };
  const certificateAuthority = { secret: secret('ShopAuthority', place('OUTSIDE_AUTHORITY')) };
  const database = { url, user: 'writer', password, certificateAuthority };
  const api = { url: place('OUTSIDE_API'), auth: { bearer: { secret: secret('ApiPassword', API_PASSWORD) } } };

  const reports = new Topic(stack, 'Reports', { app: owner, partitions: 1 });
  const product = new Product(stack, 'Reporter', { app: owner });
  new Device(stack, 'R-1', { product });
  new ForwardingRule(stack, 'ReportMessages', { product, topic: reports });
  const fields = { N: { path: 'data.n', type: 'integer' as const } };
  const mapping = [{ column: 'N', from: 'N' }];
  const report = { app: owner, mapping, source: { topic: reports, fields }, started: true };
  new RealtimeTask(stack, 'Delivered', {
    ...report,
    target: { database, table: 'Delivered', write: 'insert' },
    enhancedFanOut: true,
  });
  new RealtimeTask(stack, 'Told', { ...report, target: { http: { ...api, path: '/told' } } });
  const relays = new Topic(stack, 'Relays', { app: owner, partitions: 1 });
  new RealtimeTask(stack, 'Relayed', { ...report, target: { topic: relays } });

  const open = new KafkaCluster(stack, 'Open', { brokers });
  const records = { fields: { N: { path: 'n', type: 'integer' as const } } };
  new RealtimeTask(stack, 'KafkaOut', {
    ...{ app: owner, started: true, source: { topic: open.topic('out'), ...records } },
    target: { database, table: 'KafkaOut', write: 'insert' },
  });
  // The mock speaks no TLS: this one is connected and gets nothing.
  const closed = new KafkaCluster(stack, 'Closed', {
    brokers,
    login: { mechanism: 'scram-sha-512', secret: secret('KafkaLogin', { username: 'reader', password: 'sesame' }) },
    ca: secret('KafkaAuthority', { certificate: place('OUTSIDE_AUTHORITY') }),
  });
  new RealtimeTask(stack, 'Secured', {
    ...{ app: owner, started: true, source: { topic: closed.topic('secured'), ...records } },
    target: { table: tables.table('Secured'), write: 'insert' },
  });

  const keeper = { secret: secret('KeeperPassword', KEEPER_PASSWORD) };
  const documents = { mongodb: { url: place('OUTSIDE_MONGODB'), user: 'writer', password: keeper } };
  const added = { ...documents, write: 'insert' as const, batchNumberField: 'batch' };
  new RealtimeTask(stack, 'Documented', { ...report, target: { ...added, collection: 'reports' } });

  const outgoing = { table: tables.table('Outgoing'), increment: { column: 'N', boundary: 'open' as const } };
  const run = { app: owner, overlap: 'wait' as const, pageSize: 1 };
  new ScheduledTask(stack, 'ToRelays', { ...run, source: outgoing, target: { topic: relays } });
  new ScheduledTask(stack, 'ToApi', { ...run, source: outgoing, target: { http: { ...api, path: '/sent/{N}' } } });
  new ScheduledTask(stack, 'ToShop', {
    ...{ ...run, source: outgoing, mapping },
    target: { database, table: 'Delivered', write: 'insert' },
  });
  new ScheduledTask(stack, 'ToDocuments', {
    ...{ ...run, source: outgoing, mapping, target: { ...added, collection: 'outgoing' } },
  });
  new ScheduledTask(stack, 'ToKeys', {
    ...{ ...run, source: outgoing },
    target: { redis: { url: place('OUTSIDE_REDIS'), password: keeper }, write: 'upsert', key: 'outgoing:{N}' },
  });
  const into = (name: string) => ({ table: tables.table(name), write: 'upsert' as const, keys: ['N'] });
  const read = [{ alias: 'N', type: 'integer' as const, path: 'n' }];
  new ScheduledTask(stack, 'Pulled', {
    ...run,
    source: { http: { ...api, url: `${api.url}/numbers`, records: '$' }, key: ['n'], fields: read },
    target: into('Pulled'),
  });
  const bucket = new FileBucket(stack, 'Drop');
  const files = (prefix: string, afterwards: 'delete' | { readonly move: string }) => ({
    files: { ...{ bucket, prefix, afterwards }, format: 'json-lines' as const },
    fields: read,
  });
  new ScheduledTask(stack, 'Moved', {
    ...{ ...run, source: files('moved/', { move: 'done/' }), target: into('Moved') },
  });
  new ScheduledTask(stack, 'Removed', { ...run, source: files('removed/', 'delete'), target: into('Removed') });

  const called = { app: owner, group: new ApiGroup(stack, 'Outside'), appCode: true };
  const signatureKey = new SignatureKey(stack, 'OutsideKey');
  new HttpApi(stack, 'Signed', {
    ...{ ...called, path: '/signed', signatureKey },
    backend: new HttpBackend(stack, 'Backend', { url: api.url, signatureKey }),
  });
  new FunctionApi(stack, 'Shop', {
    ...{ ...called, path: '/shop', code: `${folder}/shop.ts` },
    sources: { shop: database },
  });
  const pair = { certificate: place('OUTSIDE_AUTHORITY'), privateKey: place('OUTSIDE_KEY') };
  new Scripts(stack, 'Scripts', {
    ...{ ...called, folder: join(folder, '../scripts'), variables: { shop_url: url } },
    passwords: { shop: password },
    certificates: { front: { secret: secret('FrontPair', pair) } },
    sourceAuthorities: { localhost: certificateAuthority },
  });
}
