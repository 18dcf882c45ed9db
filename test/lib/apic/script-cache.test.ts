import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { FunctionApi } from '../../../lib/apic/function-api.ts';
import { sandbox, templateOf } from '../sandbox.ts';

const folder = mkdtempSync(join(tmpdir(), 'causeway-script-cache-'));
const CACHED = `importClass(com.huawei.livedata.lambdaservice.util.CacheUtils);
  function execute() { return new CacheUtils().getCache('a') }`;
const PLAIN = 'function execute() { return 1 }';

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An integration with a function for each of these scripts. */
function integration(...scripts: readonly string[]) {
  const { stack, owner: app } = sandbox();
  const group = new ApiGroup(stack, 'Enterprise');
  for (const [index, text] of scripts.entries()) {
    const script = join(folder, `script${index}.js`);
    writeFileSync(script, text);
    new FunctionApi(stack, `Script${index}`, { group, app, path: `/script${index}`, script });
  }

  return templateOf(stack);
}

test('scripts that use the cache share one table, and only their functions have rights on it', () => {
  const template = integration(CACHED, CACHED, PLAIN);
  template.resourceCountIs('AWS::DynamoDB::Table', 1);
  const [table = ''] = Object.keys(template.findResources('AWS::DynamoDB::Table'));
  template.hasResource('AWS::DynamoDB::Table', {
    DeletionPolicy: 'Delete',
    Properties: {
      KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
      TimeToLiveSpecification: { AttributeName: 'until', Enabled: true },
    },
  });
  const knowing = template.findResources('AWS::Lambda::Function', {
    Properties: { Environment: { Variables: Match.objectLike({ CACHE_TABLE: { Ref: table } }) } },
  });
  expect(Object.keys(knowing)).toHaveLength(2);
  const allowed = template.findResources('AWS::IAM::Policy', {
    Properties: {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
            Resource: { 'Fn::GetAtt': [table, 'Arn'] },
          }),
        ]),
      },
    },
  });
  expect(Object.keys(allowed)).toHaveLength(2);
});

test('an integration whose scripts use no cache has none', () => {
  integration(PLAIN).resourceCountIs('AWS::DynamoDB::Table', 0);
});
