import { beforeEach, expect, test } from '@jest/globals';
import type { EngineHost, Engines, MqttMessage, RuleEngine } from '../../../local/engines.ts';
import { AwsError } from '../../../local/errors.ts';
import { createRuleEngine } from '../../../local/rules/rule-engine.ts';
import type { RuleAction, TopicRule } from '../../../local/rules/topic-rule.ts';

const ROLE = 'arn:aws:iam::000000000000:role/rule';
const RULE_ARN = 'arn:aws:iot:us-east-1:000000000000:rule/events';
const KINESIS: RuleAction = { kind: 'kinesis', roleArn: ROLE, streamName: 'Events', partitionKey: '${topic(3)}' };
const S3: RuleAction = { kind: 's3', roleArn: ROLE, bucketName: 'errors', key: '${topic(1)}/${traceid()}' };
const RULE: TopicRule = {
  name: 'events',
  arn: RULE_ARN,
  sql: "SELECT encode(*, 'base64') AS raw, topic(3) AS deviceId FROM 'p/out/+'",
  disabled: false,
  actions: [KINESIS],
  errorAction: S3,
};
const MESSAGE: MqttMessage = {
  topic: 'p/out/d1',
  payload: Buffer.from([1, 2, 255]),
  clientId: 'd1',
  principal: 'd1',
  timestamp: 1,
  traceId: '12345678-1234-1234-1234-123456789012',
};

let records: { stream: string; data: unknown; partitionKey: string }[];
let objects: { bucket: string; key: string; body: unknown }[];
let lines: Record<string, unknown>[];
let asked: unknown[];
/** What the next calls of a service throw, by service. */
let faults: { kinesis: unknown[]; s3: unknown[]; assume: unknown[]; authorize: unknown[] };
let rules: RuleEngine;

beforeEach(() => {
  [records, objects, lines, asked] = [[], [], [], []];
  faults = { kinesis: [], s3: [], assume: [], authorize: [] };
  const fail = (service: keyof typeof faults) => {
    const fault = faults[service].shift();
    if (fault !== undefined) throw fault;
  };
  const engines = {
    metrics: { record: () => undefined },
    iam: {
      assume(roleArn: string, service: string, keys: unknown) {
        asked.push({ roleArn, service, keys });
        fail('assume');
        return { roleArn, sessionArn: 'session' };
      },
      authorize(principal: { sessionArn: string }, action: string, resource: string) {
        asked.push({ by: principal.sessionArn, action, resource });
        fail('authorize');
      },
    },
    stream: {
      async put(stream: string, { data, partitionKey }: { data: Buffer; partitionKey: string }) {
        fail('kinesis');
        records.push({ stream, data: JSON.parse(data.toString()), partitionKey });
        return { shardId: 'shardId-000000000001', sequenceNumber: '49' };
      },
    },
    store: {
      async put(bucket: string, key: string, body: Buffer) {
        fail('s3');
        objects.push({ bucket, key, body: JSON.parse(body.toString()) });
      },
    },
    iot: { logLevel: 'INFO' },
  } as unknown as Engines;
  const write = (level: string) => (message: string, fields: object) => void lines.push({ level, message, ...fields });
  const log = { info: write('INFO'), warn: write('WARN'), error: write('ERROR') };
  rules = createRuleEngine({ logs: () => log, engines } as unknown as EngineHost);
});

test('a message is on the stream when it is accepted, put there with the role of the rule', async () => {
  rules.apply(RULE);

  await rules.accept(MESSAGE);

  expect(records).toEqual([{ stream: 'Events', data: { raw: 'AQL/', deviceId: 'd1' }, partitionKey: 'd1' }]);
  expect(asked).toEqual([
    {
      roleArn: ROLE,
      service: 'iot.amazonaws.com',
      keys: { 'aws:SourceArn': RULE_ARN, 'aws:SourceAccount': '000000000000' },
    },
    {
      by: 'session',
      action: 'kinesis:PutRecord',
      resource: 'arn:aws:kinesis:us-east-1:000000000000:stream/Events',
    },
  ]);
  expect(lines).toEqual([
    expect.objectContaining({
      level: 'INFO',
      eventType: 'RuleExecution',
      traceId: MESSAGE.traceId,
      topicName: 'p/out/d1',
      ruleName: 'events',
      resources: { streamName: 'Events', shardId: 'shardId-000000000001', sequenceNumber: '49' },
    }),
  ]);
});

test('a topic no rule names is accepted and goes nowhere', async () => {
  rules.apply(RULE);

  await rules.accept({ ...MESSAGE, topic: 'p/in/d1' });

  expect(records).toEqual([]);
});

test('life-cycle events come to a rule that names their topic, chosen by their fields, and to no wildcard', async () => {
  const chosen =
    "SELECT eventType FROM '$aws/events/presence/+/+' WHERE eventType = 'connected' AND length(clientId) = 2";
  rules.apply({ ...RULE, name: 'presence', sql: chosen, actions: [{ ...KINESIS, partitionKey: '${topic(5)}' }] });
  rules.apply({ ...RULE, name: 'all', sql: "SELECT * FROM '#'" });
  const accept = (eventType: string, clientId: string) =>
    rules.accept({
      ...MESSAGE,
      topic: `$aws/events/presence/${eventType}/${clientId}`,
      payload: Buffer.from(JSON.stringify({ eventType, clientId })),
    });

  await accept('connected', 'd1');
  await accept('connected', 'another');
  await accept('connect_failed', 'd2');

  expect(records).toEqual([{ stream: 'Events', data: { eventType: 'connected' }, partitionKey: 'd1' }]);
});

test('a throttled stream is asked again, and the message arrives', async () => {
  faults.kinesis.push(new AwsError('ProvisionedThroughputExceededException', 'Rate exceeded for shard'));
  rules.apply(RULE);

  await rules.accept(MESSAGE);

  expect(records).toHaveLength(1);
  expect(objects).toEqual([]);
});

test('a failed action goes to the error action, with the message and the failure as AWS tells them', async () => {
  faults.kinesis.push(new AwsError('ResourceNotFoundException', 'Stream Events not found'));
  rules.apply(RULE);

  await rules.accept(MESSAGE);

  expect(objects).toEqual([
    {
      bucket: 'errors',
      key: `p/${MESSAGE.traceId}`,
      body: {
        ruleName: 'events',
        topic: 'p/out/d1',
        cloudwatchTraceId: MESSAGE.traceId,
        clientId: 'd1',
        base64OriginalPayload: 'AQL/',
        failures: [
          {
            failedAction: 'KinesisAction',
            failedResource: 'Events',
            errorMessage: expect.stringContaining('Stream Events not found'),
          },
        ],
      },
    },
  ]);
  expect(asked.at(-1)).toEqual({
    by: 'session',
    action: 's3:PutObject',
    resource: `arn:aws:s3:::errors/p/${MESSAGE.traceId}`,
  });
  expect(lines.map(({ message }) => message)).toEqual(['an action failed', 'the error action took the message']);
});

test.each(['assume', 'authorize'] as const)('a role that may not %s is a failure of the action', async (step) => {
  faults[step].push(new AwsError('AccessDeniedException', 'is not authorized to perform'));
  rules.apply(RULE);

  await rules.accept(MESSAGE);

  expect(records).toEqual([]);
  expect(objects).toMatchObject([
    { body: { failures: [{ errorMessage: expect.stringContaining('not authorized') }] } },
  ]);
});

test('several failed actions of a rule are one message', async () => {
  const gone = new AwsError('ResourceNotFoundException', 'gone');
  faults.kinesis.push(gone, gone);
  rules.apply({ ...RULE, actions: [KINESIS, { ...KINESIS, streamName: 'More' }, KINESIS] });

  await rules.accept(MESSAGE);

  expect(records).toHaveLength(1);
  expect(objects).toMatchObject([{ body: { failures: [{ failedResource: 'Events' }, { failedResource: 'More' }] } }]);
});

test('what neither the action nor the error action takes is not accepted', async () => {
  faults.kinesis.push(new AwsError('ResourceNotFoundException', 'gone'));
  faults.s3.push(new AwsError('NoSuchBucket', 'gone too'));
  rules.apply(RULE);

  await expect(rules.accept(MESSAGE)).rejects.toThrow('not taken by events');

  expect(lines.at(-1)).toMatchObject({ level: 'ERROR', ruleName: 'events', traceId: MESSAGE.traceId });
});

test('without an error action a failed message is not accepted', async () => {
  faults.kinesis.push(new AwsError('ResourceNotFoundException', 'gone'));
  const { errorAction: _, ...rule } = RULE;
  rules.apply(rule);

  await expect(rules.accept(MESSAGE)).rejects.toThrow('not taken by events');
});

test('a statement that cannot read the payload drops the message, as AWS does, and the log says so', async () => {
  rules.apply({ ...RULE, sql: "SELECT color FROM 'p/out/+'" });

  await rules.accept(MESSAGE);

  expect(records).toEqual([]);
  expect(objects).toEqual([]);
  expect(lines).toEqual([
    expect.objectContaining({ level: 'ERROR', traceId: MESSAGE.traceId, reason: expect.stringContaining('not JSON') }),
  ]);
});

test('a template that cannot read the payload is a failure of its action', async () => {
  rules.apply({ ...RULE, actions: [{ ...KINESIS, partitionKey: '${deviceId}' }] });

  await rules.accept(MESSAGE);

  expect(objects).toMatchObject([{ body: { failures: [{ errorMessage: expect.stringContaining('not JSON') }] } }]);
});

test('a rule that is applied again replaces itself; disabled or removed it is silent', async () => {
  rules.apply(RULE);
  rules.apply({ ...RULE, sql: "SELECT 1 AS one FROM 'q'" });
  await rules.accept(MESSAGE);
  expect(records).toEqual([]);
  await rules.accept({ ...MESSAGE, topic: 'q' });
  expect(records).toMatchObject([{ data: { one: 1 } }]);

  rules.apply({ ...RULE, disabled: true });
  await rules.accept(MESSAGE);
  rules.apply(RULE);
  rules.remove('events');
  await rules.accept(MESSAGE);

  expect(records).toHaveLength(1);
});

test('Basic Ingest reaches its rule whatever FROM says, and the topic begins after its name', async () => {
  rules.apply({ ...RULE, sql: "SELECT topic() AS topic, topic(3) AS third FROM 'elsewhere'" });

  await rules.accept({ ...MESSAGE, topic: '$aws/rules/events/p/out/d1' });
  await rules.accept({ ...MESSAGE, topic: '$aws/rules/unknown/p/out/d1' });

  expect(records).toMatchObject([{ data: { topic: 'p/out/d1', third: 'd1' }, partitionKey: 'd1' }]);
  expect(lines.at(-1)).toMatchObject({ eventType: 'RuleNotFound' });
});

test('without a partition key every message has its own', async () => {
  const { partitionKey: _, ...action } = KINESIS as { partitionKey: string } & RuleAction;
  rules.apply({ ...RULE, actions: [action as RuleAction] });

  await rules.accept(MESSAGE);
  await rules.accept(MESSAGE);

  expect(new Set(records.map(({ partitionKey }) => partitionKey)).size).toBe(2);
});

test('messages are put in the order in which they are accepted', async () => {
  rules.apply({ ...RULE, sql: "SELECT n FROM 'p/out/+'" });
  const payloads = Array.from({ length: 50 }, (_, n) => Buffer.from(JSON.stringify({ n })));

  await Promise.all(payloads.map((payload) => rules.accept({ ...MESSAGE, payload })));

  expect(records.map(({ data }) => (data as { n: number }).n)).toEqual(payloads.map((_, n) => n));
});

test('a rule that cannot be read is refused when it is made', () => {
  expect(() => rules.apply({ ...RULE, sql: "SELECT get_secret('a') AS x FROM 'b'" })).toThrow(
    'get_secret() is not supported',
  );
  expect(() => rules.apply({ ...RULE, sql: "SELECT * FROM 'a/#/b'" })).toThrow('wildcard');
  expect(() => rules.apply({ ...RULE, actions: [{ ...KINESIS, partitionKey: '${nothing()}' }] })).toThrow('nothing()');
  expect(() => rules.apply({ ...RULE, actions: Array(11).fill(KINESIS) })).toThrow('at most 10 actions');
});

test('stopping ends the waiting for a throttled stream', async () => {
  faults.kinesis.push(...Array(5).fill(new AwsError('ProvisionedThroughputExceededException', 'Rate exceeded')));
  rules.apply(RULE);
  const accepted = rules.accept(MESSAGE);

  await rules.stop();
  await accepted;

  expect(records).toEqual([]);
  expect(objects).toHaveLength(1);
});
