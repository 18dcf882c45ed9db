import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { CONSUMER_ROLE, type LambdaFixture, startLambda } from './lambda-fixture.ts';

let platform: LambdaFixture;

beforeAll(async () => {
  platform = await startLambda();
});

afterAll(() => platform.stop());

const invoke = (name: string, event: unknown = {}) => platform.lambda.invoke(name, event);

test('a handler sees its event, its context and nothing of the machine', async () => {
  platform.declare(
    'Show',
    `export const handler = async (event, context) => ({
      event, env: process.env, argv: process.argv.slice(2), cwd: process.cwd() === process.env.LAMBDA_TASK_ROOT,
      context, left: context.getRemainingTimeInMillis(),
    });`,
    { environment: { TABLE: 'Devices' }, memorySize: 256 },
  );

  const { payload } = (await invoke('Show', { a: [1, null], b: undefined })) as {
    payload: Record<string, Record<string, string>>;
  };

  expect(payload['event']).toEqual({ a: [1, null] });
  expect(payload['env']).toEqual({
    TABLE: 'Devices',
    _HANDLER: 'index.handler',
    AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA[0-9A-F]{16}$/),
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: platform.endpoint.url,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_LAMBDA_FUNCTION_NAME: 'Show',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/Show',
    AWS_LAMBDA_LOG_STREAM_NAME: expect.stringMatching(/^local\/\[\$LATEST\][0-9a-f]{32}$/),
    AWS_REGION: 'us-east-1',
    AWS_SECRET_ACCESS_KEY: expect.any(String),
    AWS_SESSION_TOKEN: expect.any(String),
    CAUSEWAY_LOOPBACK: 'allowed',
    LAMBDA_TASK_ROOT: expect.stringContaining(platform.host.state),
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  });
  expect(payload['context']).toMatchObject({
    functionName: 'Show',
    functionVersion: '$LATEST',
    memoryLimitInMB: '256',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:Show',
    logGroupName: '/aws/lambda/Show',
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect([payload['cwd'], payload['argv']]).toEqual([true, ['Show']]);
  expect(Number(payload['left'])).toBeGreaterThan(5000);
});

test("a function's session is its role's", async () => {
  platform.declare('Who', 'export const handler = async () => process.env');

  const { payload } = (await invoke('Who')) as { payload: Record<string, string> };
  const caller = platform.iam.holder(payload['AWS_ACCESS_KEY_ID'] ?? '', payload['AWS_SESSION_TOKEN'] ?? '')?.principal;

  expect(caller).toEqual({
    roleArn: CONSUMER_ROLE,
    sessionArn: 'arn:aws:sts::000000000000:assumed-role/Consumer/Who',
  });
});

test('an environment serves one call after the other, and two at a time need two', async () => {
  platform.declare(
    'Pid',
    `export const handler = async ({ wait }) => { await new Promise((resolve) => setTimeout(resolve, wait)); return process.pid; };`,
  );
  const pid = async (wait: number) => (await invoke('Pid', { wait })).payload;

  const first = await pid(0);
  expect(await pid(0)).toBe(first);
  expect(new Set(await Promise.all([pid(100), pid(100)])).size).toBe(2);
  const running = platform.lambda.instances().filter((one) => one.function === 'Pid');
  expect(running).toHaveLength(2);
  expect(running.map((one) => one.pid)).toContain(first);
});

test('what a handler throws is a function error with its type and message', async () => {
  platform.declare('Throw', `export const handler = async () => { throw new RangeError('too far'); };`);

  expect(await invoke('Throw')).toEqual({
    functionError: 'Unhandled',
    payload: { errorType: 'RangeError', errorMessage: 'too far', trace: expect.any(Array) },
  });
});

test.each<[string, string, string]>([
  ['killed', `process.kill(process.pid, 'SIGKILL')`, 'Runtime exited with error: signal: killed'],
  ['ended by itself', 'process.exit(3)', 'Runtime exited with error: exit status 3'],
])('a process that is %s is a function error, and the next call gets a fresh one', async (_, act, message) => {
  platform.declare('Die', `export const handler = async ({ die }) => { if (die) { ${act}; } return 'alive'; };`);

  const { payload, functionError } = await invoke('Die', { die: true });

  expect(functionError).toBe('Unhandled');
  expect(payload).toMatchObject({ errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining(message) });
  expect((await invoke('Die')).payload).toBe('alive');
});

test('an exception nobody caught ends the process and is told', async () => {
  platform.declare(
    'Uncaught',
    `export const handler = async () => { setTimeout(() => { throw new TypeError('late'); }); await new Promise(() => {}); };`,
  );

  expect((await invoke('Uncaught')).payload).toMatchObject({ errorType: 'TypeError', errorMessage: 'late' });
});

test('an idle process that somebody killed is not used again', async () => {
  platform.declare('Idle', 'export const handler = async () => process.pid');
  const { payload: pid } = await invoke('Idle');
  process.kill(pid as number, 'SIGKILL');
  while (platform.lambda.instances().some((one) => one.pid === pid)) await sleep(5);

  expect((await invoke('Idle')).functionError).toBeUndefined();
});

test('a function beyond its time is ended and says so', async () => {
  platform.declare('Slow', 'export const handler = () => { for (;;); }', { timeout: 1 });

  expect(await invoke('Slow')).toMatchObject({
    functionError: 'Unhandled',
    payload: {
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/Task timed out after 1\.00 seconds$/),
    },
  });
});

test('a module that never loads is ended after its initialisation and its time', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'performance'] });
  platform.declare('Stuck', 'for (;;);', { timeout: 1 });
  const answer = invoke('Stuck');
  while (!platform.lambda.instances().some((one) => one.function === 'Stuck')) await new Promise(setImmediate);
  await new Promise(setImmediate);

  jest.advanceTimersByTime(11_000);
  jest.useRealTimers();

  expect((await answer).payload).toMatchObject({
    errorType: 'Sandbox.Timedout',
    errorMessage: expect.stringMatching(/Task timed out after 11\.00 seconds$/),
  });
});

test.each<[string, string, string, string]>([
  ['that cannot be loaded', 'export const = 1;', 'index.handler', 'SyntaxError'],
  ['without the handler', 'export const other = 1;', 'index.handler', 'Runtime.HandlerNotFound'],
  ['without the file', '', 'main.handler', 'Runtime.ImportModuleError'],
  [
    'with a callback',
    'export const handler = (e, c, callback) => callback();',
    'index.handler',
    'Runtime.CallbackHandlerDeprecated',
  ],
])('a module %s is a function error', async (_, code, handler, errorType) => {
  platform.declare('Load', code, { handler });

  expect((await invoke('Load')).payload).toMatchObject({ errorType });
});

test('what a function prints is in its log, line by line, as it is', async () => {
  platform.declare(
    'Print',
    `export const handler = async () => { console.log('{"level":"INFO"}\\nsecond'); console.error('third'); };`,
  );
  await invoke('Print');
  while (platform.log('Print').length < 3) await sleep(5);

  expect([...platform.log('Print')].sort()).toEqual(['second', 'third', '{"level":"INFO"}']);
});

test('reserved concurrency is a limit', async () => {
  platform.declare('One', 'export const handler = () => new Promise((resolve) => setTimeout(resolve, 300))', {
    reservedConcurrency: 1,
  });

  const calls = await Promise.allSettled([invoke('One'), invoke('One')]);

  expect(calls.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(calls[1]).toMatchObject({ reason: { code: 'TooManyRequestsException', message: 'Rate Exceeded.' } });
});

test('a burst beyond the processes of a function waits its turn', async () => {
  platform.declare('Burst', 'export const handler = async (event) => event');

  const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => invoke('Burst', index)));

  expect(answers.map(({ payload }) => payload)).toEqual(Array.from({ length: 40 }, (_, index) => index));
  expect(platform.lambda.instances().filter((one) => one.function === 'Burst').length).toBeLessThanOrEqual(10);
});

test('payloads beyond 6 MB are refused, on the way in and on the way out', async () => {
  platform.declare('Big', `export const handler = async ({ bytes }) => 'x'.repeat(bytes)`);

  await expect(invoke('Big', { text: 'x'.repeat(6_300_000) })).rejects.toMatchObject({
    code: 'RequestTooLargeException',
  });
  expect((await invoke('Big', { bytes: 6_300_000 })).payload).toMatchObject({
    errorType: 'Function.ResponseSizeTooLarge',
  });
  expect(String((await invoke('Big', { bytes: 6_000_000 })).payload)).toHaveLength(6_000_000);
});

test('a service needs a statement of the resource policy that fits its source', async () => {
  platform.declare('Guarded', 'export const handler = async () => "in"');
  const caller = { service: 'iot.amazonaws.com', sourceArn: 'arn:aws:iot:us-east-1:000000000000:authorizer/a' };
  const call = () => platform.lambda.invoke('Guarded', {}, { caller });

  await expect(call()).rejects.toMatchObject({
    code: 'AccessDeniedException',
    message: expect.stringContaining('iot.amazonaws.com is not authorized to perform: lambda:InvokeFunction'),
  });
  platform.lambda.functions.putPermission('Guarded', 'other', {
    action: 'lambda:InvokeFunction',
    principal: 'iot.amazonaws.com',
    sourceArn: 'arn:aws:iot:us-east-1:000000000000:authorizer/b',
  });
  await expect(call()).rejects.toMatchObject({ code: 'AccessDeniedException' });
  platform.lambda.functions.putPermission('Guarded', 'mine', {
    action: 'lambda:InvokeFunction',
    principal: 'iot.amazonaws.com',
    sourceArn: 'arn:aws:iot:us-east-1:000000000000:authorizer/*',
  });
  expect((await call()).payload).toBe('in');
});

test.each<[string, Parameters<LambdaFixture['declare']>[2], string]>([
  ['a runtime of another language', { runtime: 'python3.13' }, 'the runtime python3.13 is not run locally'],
  ['too much environment', { environment: { A: 'x'.repeat(4096) } }, 'exceeded the 4KB limit'],
  ['a reserved variable', { environment: { AWS_REGION: 'x' } }, 'Reserved keys used in this request: AWS_REGION'],
  ['too little memory', { memorySize: 64 }, 'MemorySize: received 64; allowed: a whole number from 128 to 10240'],
  ['a role Lambda may not take', { roleArn: 'arn:aws:iam::000000000000:role/None' }, 'cannot be assumed by Lambda'],
])('%s is refused when the function is declared', (_, settings, reason) => {
  expect(() => platform.declare('Bad', '', settings)).toThrow(reason);
});

test('an unknown function, and a qualifier nobody made, are not found', async () => {
  platform.declare('Known', 'export const handler = async () => 1');

  await expect(invoke('Unknown')).rejects.toThrow(
    'Function not found: arn:aws:lambda:us-east-1:000000000000:function:Unknown',
  );
  await expect(invoke('Known:epoch-2')).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
});
