import { expect, test } from '@jest/globals';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ScheduledTask } from '../../../lib/fdi/scheduled-task.ts';
import { onlyResource, resourcesOf, sandbox } from '../sandbox.ts';

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
