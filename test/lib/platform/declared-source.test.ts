import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Fn } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { generate } from 'selfsigned';
import { RealtimeTask } from '../../../lib/fdi/realtime-task.ts';
import { ScheduledTask } from '../../../lib/fdi/scheduled-task.ts';
import { assetOf, onlyResource, resourceNamed, resourcesOf, sandbox, tableOf, topicOf } from '../sandbox.ts';

test('both sides of a task are listed, and tested by its own function, before it is started too', () => {
  const { stack, owner } = sandbox();
  const password = { secret: new Secret(stack, 'ShopPassword') };
  new ScheduledTask(stack, 'Copy', {
    app: owner,
    source: { database: { url: 'jdbc:mysql://db.example.com/shop', user: 'reader', password }, table: 'orders' },
    target: { database: { url: 'jdbc:postgresql://dw.example.com/all' }, table: 'orders_all', write: 'insert' },
  });

  const entries = JSON.stringify(onlyResource(stack, 'Custom::CausewayCatalog').Properties);
  expect(entries).toContain('Copy.source');
  expect(entries).toMatch(/Copy\.target.*dw\.example\.com.*tester.*CopyRunner/);
  const policies = Object.values(resourcesOf(stack, 'AWS::IAM::ManagedPolicy')).map((one) => JSON.stringify(one));
  expect(policies.filter((policy) => policy.includes('ShopPassword'))).toEqual([
    expect.stringContaining('testSources'),
  ]);
  const invoking = policies.filter((policy) => /lambda:InvokeFunction[^}]*CopyRunner/.test(policy));
  for (const role of ['testSources', 'manageTasks', 'manageRuns']) {
    expect(invoking.filter((policy) => policy.includes(`do: ${role}"`))).toHaveLength(1);
  }
});

test('what is no database is listed by what it is; an address that only the deployment knows is no part of its settings', () => {
  const box = sandbox();
  const { stack, owner } = box;
  const [topic, table] = [topicOf(box), tableOf(box)];
  const source = (url: string) => ({ http: { url, auth: { app: { secret: owner.secret } } }, key: ['id'] });
  const target = { table, write: 'insert' as const, keys: ['Id'] };
  const later = Fn.importValue('ShopUrl');
  const pull = new ScheduledTask(stack, 'Pull', { app: owner, source: source(later), target });
  new ScheduledTask(stack, 'Push', {
    ...{ app: owner, source: { table }, target: { http: { url: 'https://erp.example.com/in' } } },
  });
  new RealtimeTask(stack, 'Keep', { app: owner, source: { topic, fields: { Id: 'data.id' } }, target });
  const text = JSON.stringify(onlyResource(stack, 'Custom::CausewayCatalog').Properties).replaceAll('\\', '');

  expect(pull.definition().source).toMatchObject({ url: '', auth: { kind: 'app' } });
  expect(text).toMatch(/"kind":"http","place":"GET[^}]*ShopUrl/);
  expect(text).toContain('"kind":"http","place":"POST https://erp.example.com/in"');
  expect(text).toMatch(/"kind":"topic","place":"Events"[^}]*"tester":[^}]*KeepConsumer/);
  expect(text).toContain('"kind":"aurora-mysql","place":"Spaces of the platform\'s database"');
});

test('its authorities are beside its code or in their secret, and so are those the test of it goes by', async () => {
  const { cert } = await generate([{ name: 'commonName', value: 'Shop CA' }], { keySize: 2048 });
  const { stack, owner } = sandbox();
  const secret = new Secret(stack, 'Authority');
  new ScheduledTask(stack, 'Copy', {
    app: owner,
    source: {
      database: { url: 'jdbc:mysql://db.example.com/shop', certificateAuthority: cert.trim() },
      table: 'orders',
    },
    target: {
      ...{ table: 'orders_all', write: 'insert' },
      database: { url: 'jdbc:postgresql://dw.example.com/all', certificateAuthority: { secret, key: 'pem' } },
    },
  });

  const folder = assetOf(stack, 'CopyRunner');
  expect(JSON.parse(readFileSync(join(folder, 'authorities.json'), 'utf8'))).toEqual({ SOURCE: cert.trim() });
  expect(resourceNamed(stack, 'AWS::Lambda::Function', 'CopyRunner').Properties).toMatchObject({
    Environment: { Variables: { TARGET_CA_ARN: expect.anything(), TARGET_CA_KEY: 'pem' } },
  });
  const entries = JSON.stringify(onlyResource(stack, 'Custom::CausewayCatalog').Properties);
  expect(entries).toContain('BEGIN CERTIFICATE');
  expect(entries).toMatch(/secretArn/);
});
