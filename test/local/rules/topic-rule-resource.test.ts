import { expect, test } from '@jest/globals';
import { iotTopicRule } from '../../../local/resources/iot-topic-rule.ts';
import type { Applied } from '../../../local/template/resource.ts';

const KINESIS = { Kinesis: { StreamName: 'Events', PartitionKey: '${topic(3)}', RoleArn: 'role' } };
const S3 = { S3: { BucketName: 'errors', Key: '${newuuid()}', RoleArn: 'role' } };
const PAYLOAD = { Sql: "SELECT * FROM 'a'", AwsIotSqlVersion: '2016-03-23', Actions: [KINESIS] };

function apply(payload: object, more: object = {}) {
  const rules: unknown[] = [];
  const removed: unknown[] = [];
  const engines = {
    rules: { apply: (rule: unknown) => rules.push(rule), remove: (name: unknown) => removed.push(name) },
  };
  const context = {
    properties: { TopicRulePayload: { ...PAYLOAD, ...payload }, ...more },
    name: () => 'Stack-Rule-123456789012',
    engines,
  };
  const applied = iotTopicRule.apply(context as never) as Applied;
  iotTopicRule.remove?.({ ...context, previous: applied } as never);

  return { applied, rules, removed };
}

test('a topic rule of the template becomes a rule of the engine, and goes under its name', () => {
  const { applied, rules, removed } = apply({ ErrorAction: S3, RuleDisabled: true }, { RuleName: 'events' });

  expect(applied).toEqual({
    ref: 'events',
    attributes: { Arn: 'arn:aws:iot:us-east-1:000000000000:rule/events' },
  });
  expect(rules).toEqual([
    {
      name: 'events',
      arn: 'arn:aws:iot:us-east-1:000000000000:rule/events',
      sql: "SELECT * FROM 'a'",
      disabled: true,
      actions: [{ kind: 'kinesis', roleArn: 'role', streamName: 'Events', partitionKey: '${topic(3)}' }],
      errorAction: { kind: 's3', roleArn: 'role', bucketName: 'errors', key: '${newuuid()}' },
    },
  ]);
  expect(removed).toEqual(['events']);
});

test('a rule without a name gets one without hyphens', () => {
  expect(apply({}).applied.ref).toBe('Stack_Rule_123456789012');
});

test.each<[object, string]>([
  [{ AwsIotSqlVersion: '2015-10-08' }, 'AwsIotSqlVersion 2015-10-08 is not run locally'],
  [{ AwsIotSqlVersion: undefined }, 'AwsIotSqlVersion (absent)'],
  [{ Actions: [{ Sns: { TargetArn: 't' } }] }, 'the rule action Sns is not run locally'],
  [{ Actions: [{ Lambda: {} }] }, 'a rule action has no FunctionArn'],
  [{ Actions: [{ constructor: {} }] }, 'the rule action constructor is not run locally'],
  [{ Actions: [{ Kinesis: { StreamName: 'Events' } }] }, 'a rule action has no RoleArn'],
  [{ ErrorAction: { S3: { ...S3.S3, CannedAcl: 'public-read' } } }, 'CannedAcl public-read'],
])('%j is refused by name', (payload, reason) => {
  expect(() => apply(payload)).toThrow(reason);
});
