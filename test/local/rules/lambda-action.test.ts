import { beforeEach, expect, test } from '@jest/globals';
import type { EngineHost, Engines, Invocation, RuleEngine } from '../../../local/engines.ts';
import { AwsError } from '../../../local/errors.ts';
import { createRuleEngine } from '../../../local/rules/rule-engine.ts';

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:presence';
const RULE_ARN = 'arn:aws:iot:us-east-1:000000000000:rule/presence';
const MESSAGE = {
  topic: 'a/b',
  payload: Buffer.from('{"n":1}'),
  clientId: 'd1',
  principal: 'd1',
  timestamp: 1,
  traceId: 't',
};
let calls: unknown[];
let objects: string[];
let answer: () => Invocation;
let rules: RuleEngine;

beforeEach(() => {
  [calls, objects] = [[], []];
  answer = () => ({ payload: null });
  const engines = {
    metrics: { record: () => undefined },
    iam: { assume: () => ({}), authorize() {} },
    iot: { logLevel: 'ERROR' },
    store: { put: async (_bucket: string, _key: string, body: Buffer) => void objects.push(body.toString()) },
    lambda: {
      async invoke(...call: unknown[]) {
        calls.push(call);
        return answer();
      },
    },
  } as unknown as Engines;
  const log = { info() {}, warn() {}, error() {} };
  rules = createRuleEngine({ logs: () => log, engines } as unknown as EngineHost);
  apply("SELECT *, topic(2) AS level FROM 'a/+'");
});

function apply(sql: string): void {
  rules.apply({
    name: 'presence',
    arn: RULE_ARN,
    sql,
    disabled: false,
    actions: [{ kind: 'lambda', functionArn: FUNCTION_ARN }],
    errorAction: { kind: 's3', roleArn: 'role', bucketName: 'errors', key: 'k' },
  });
}

test('the function is called with what the statement selects, on behalf of the rule', async () => {
  await rules.accept(MESSAGE);

  const caller = { service: 'iot.amazonaws.com', sourceArn: RULE_ARN };
  expect(calls).toEqual([[FUNCTION_ARN, { n: 1, level: 'b' }, { caller }]]);
  expect(objects).toEqual([]);
});

test.each<[string, () => Invocation]>([
  ['no resource-based policy', () => raise(new AwsError('AccessDeniedException', 'no resource-based policy', 403))],
  ['boom', () => ({ payload: { errorMessage: 'boom' }, functionError: 'Unhandled' })],
])('a call that fails goes to the error action: %s', async (reason, outcome) => {
  answer = outcome;

  await rules.accept(MESSAGE);

  expect(objects).toEqual([expect.stringContaining(reason)]);
  expect(objects[0]).toContain('LambdaAction');
});

function raise(error: Error): never {
  throw error;
}
