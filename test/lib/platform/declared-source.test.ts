import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { generate } from 'selfsigned';
import { ScheduledTask } from '../../../lib/fdi/scheduled-task.ts';
import { assetOf, onlyResource, resourceNamed, resourcesOf, sandbox } from '../sandbox.ts';

test('the databases of a scheduled task can be tested, the target for writing too', () => {
  const { stack, owner } = sandbox();
  const password = { secret: new Secret(stack, 'ShopPassword') };
  new ScheduledTask(stack, 'Copy', {
    app: owner,
    source: { database: { url: 'jdbc:mysql://db.example.com/shop', user: 'reader', password }, table: 'orders' },
    target: { database: { url: 'jdbc:postgresql://dw.example.com/all' }, table: 'orders_all', write: 'insert' },
  });

  const entries = JSON.stringify(onlyResource(stack, 'Custom::CausewayCatalog').Properties);
  expect(entries).toContain('Copy.source');
  expect(entries).toMatch(/Copy\.target.*dw\.example\.com.*writes[^a-z]*orders_all/);
  const policies = Object.values(resourcesOf(stack, 'AWS::IAM::ManagedPolicy')).map((one) => JSON.stringify(one));
  expect(policies.filter((policy) => policy.includes('ShopPassword'))).toEqual([
    expect.stringContaining('testSources'),
  ]);
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
