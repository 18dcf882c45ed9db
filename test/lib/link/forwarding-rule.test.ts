import { expect, test } from '@jest/globals';
import { ForwardingRule, type ForwardingRuleProps } from '../../../lib/link/forwarding-rule.ts';
import { onlyResource, resourcesOf, sandbox, sensorOf, topicOf } from '../sandbox.ts';

function ruleWith(props: Partial<ForwardingRuleProps> = {}) {
  const box = sandbox();
  const product = sensorOf(box);
  const topic = topicOf(box);
  new ForwardingRule(box.stack, 'Rule', { product, topic, ...props });

  return { ...box, product, topic };
}

function payloadOf({ stack }: ReturnType<typeof ruleWith>): Record<string, unknown> {
  return onlyResource(stack, 'AWS::IoT::TopicRule').Properties['TopicRulePayload'] as Record<string, unknown>;
}

test('whatever a device sends is forwarded byte for byte', () => {
  const rule = ruleWith();

  expect(payloadOf(rule)).toMatchObject({
    Sql: `SELECT encode(*, 'base64') AS raw, topic(1) AS productId, topic(3) AS deviceId, clientid() AS clientId, timestamp() AS eventTime, traceid() AS traceId FROM '${rule.product.productId}/out/+'`,
    AwsIotSqlVersion: '2016-03-23',
    RuleDisabled: false,
  });
});

test('messages of one device stay in order', () => {
  expect(payloadOf(ruleWith())).toHaveProperty('Actions.0.Kinesis.PartitionKey', '${topic(3)}');
});

test('what the topic does not take goes to the error store', () => {
  const rule = ruleWith();

  expect(payloadOf(rule)).toHaveProperty(
    'ErrorAction.S3.Key',
    `${rule.product.productId}/\${topic(3)}/\${timestamp()}-\${newuuid()}.Events.json`,
  );
});

test('each action has a role of its own that can do only that, for rules of this account', () => {
  const { stack } = ruleWith();
  const policies = Object.entries(resourcesOf(stack, 'AWS::IAM::Policy')).filter(([id]) => id.startsWith('Rule'));
  const roles = Object.entries(resourcesOf(stack, 'AWS::IAM::Role')).filter(([id]) => id.startsWith('Rule'));

  expect(policies.map(([, { Properties }]) => Properties['PolicyDocument'])).toEqual([
    expect.objectContaining({ Statement: [expect.objectContaining({ Action: 'kinesis:PutRecord' })] }),
    expect.objectContaining({ Statement: [expect.objectContaining({ Action: 's3:PutObject' })] }),
  ]);
  for (const [, { Properties }] of roles) {
    expect(Properties).toHaveProperty('AssumeRolePolicyDocument.Statement.0.Condition.StringEquals.aws:SourceAccount');
  }
});

test('one device can be chosen', () => {
  const rule = ruleWith({ device: 'S-1' });

  expect(payloadOf(rule)['Sql']).toContain(`FROM '${rule.product.productId}/out/S-1'`);
});

test('a rule can be off', () => {
  expect(payloadOf(ruleWith({ enabled: false }))).toMatchObject({ RuleDisabled: true });
});

test('the switches change what readers see, not what is stored', () => {
  const plain = ruleWith();
  const encoded = ruleWith({ base64: true, deviceInfo: false });

  expect(payloadOf(encoded)['Sql']).toBe(payloadOf(plain)['Sql']);
  expect(encoded.topic.readerView).toEqual({ base64: true, deviceInfo: false });
});

test('messages in the error store raise an alarm, and those that are nowhere another', () => {
  const alarms = Object.values(resourcesOf(ruleWith().stack, 'AWS::CloudWatch::Alarm'));

  expect(alarms.map(({ Properties }) => Properties)).toEqual([
    expect.objectContaining({ Namespace: 'AWS/IoT', MetricName: 'Failure', Threshold: 0 }),
    expect.objectContaining({ Namespace: 'AWS/IoT', MetricName: 'ErrorActionFailure', Threshold: 0 }),
  ]);
});

test.each([
  ['+', '+'],
  ['+', 'S-1'],
  ['S-1', '+'],
  ['S-1', 'S-1'],
])('a device topic is in one rule only: %s and then %s', (first, second) => {
  const { stack, product, topic } = ruleWith({ device: first });

  expect(() => new ForwardingRule(stack, 'Second', { product, topic, device: second })).toThrow(
    `Lot/Second: device: received "${second}"; allowed: a topic in one rule only: Lot/Rule forwards ${product.productId}/out/${first}`,
  );
});

test('two devices may have a rule each', () => {
  const { stack, product, topic } = ruleWith({ device: 'S-1' });
  new ForwardingRule(stack, 'Second', { product, topic, device: 'S-2' });

  expect(Object.keys(resourcesOf(stack, 'AWS::IoT::TopicRule'))).toHaveLength(2);
});

test.each<[string, Partial<ForwardingRuleProps>]>([
  ['name', { name: '' }],
  ['device', { device: '#' }],
  ['device', { device: "x' WHERE true" }],
  ['description', { description: 'x'.repeat(257) }],
])('%s is refused: %j', (setting, props) => {
  expect(() => ruleWith(props)).toThrow(`Lot/Rule: ${setting}: received`);
});

const rulesOf = ({ stack }: ReturnType<typeof ruleWith>) =>
  Object.entries(resourcesOf(stack, 'AWS::IoT::TopicRule')).map(([id, { Properties }]) => [id, Properties] as const);

test('a filter stands behind WHERE, and a rule beside it counts what the filter cannot read', () => {
  const lot = ruleWith({ where: "status = '1'" });
  const [rule, counter] = rulesOf(lot).map(
    ([, properties]) => properties['TopicRulePayload'] as Record<string, unknown>,
  );
  const topic = `'${lot.product.productId}/out/+'`;

  expect(rule?.['Sql']).toMatch(/ AS traceId FROM '\w+\/out\/\+' WHERE NOT \(decode\(encode\(\*, 'base64'\)/);
  expect(counter).toMatchObject({
    Sql: `SELECT clientid() AS clientId FROM ${topic} WHERE isUndefined(payload)`,
    Actions: [],
  });
  expect(
    Object.values(resourcesOf(lot.stack, 'AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties),
  ).toContainEqual(expect.objectContaining({ MetricName: 'ParseError', Namespace: 'AWS/IoT' }));
});

test('a filter that AWS could not take, or that could fail, is refused at synthesis, naming the rule', () => {
  expect(() => ruleWith({ where: 'status LIKE 1' })).toThrow(
    'Lot/Rule: where: received "status LIKE 1"; allowed: comparisons',
  );
});

test('a rule without a filter has no counter, and no name', () => {
  expect(rulesOf(ruleWith())).toEqual([
    [expect.any(String), expect.not.objectContaining({ RuleName: expect.anything() })],
  ]);
});

test('with Basic Ingest the rule has the product’s id for a name, which the topics of its devices hold', () => {
  const lot = ruleWith({ basicIngest: true });

  expect(rulesOf(lot)[0]?.[1]).toMatchObject({ RuleName: lot.product.productId });
  expect(() => ruleWith({ basicIngest: true, device: 'S-1' })).toThrow('a rule of all devices; this one is of S-1');
});

test.each([
  [{}, { device: 'S-1' }],
  [{ device: 'S-1' }, {}],
  [{ device: 'S-1' }, { device: 'S-1' }],
  [{ basicIngest: true }, { device: 'S-1' }],
  [{ device: 'S-1' }, { basicIngest: true }],
  [{ where: 'a = 1' }, { where: 'a = 2' }],
])('a device topic is in one rule only: %j and %j are refused, both named', (first, second) => {
  const lot = ruleWith(first);

  expect(() => new ForwardingRule(lot.stack, 'Other', { product: lot.product, topic: lot.topic, ...second })).toThrow(
    /^Lot\/Other: device: .* a topic in one rule only: Lot\/Rule forwards \w+\/out\//,
  );
});
