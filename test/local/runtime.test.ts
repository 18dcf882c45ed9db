import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import type { Ports, Runtime, RuntimeEvent } from '../../local/index.ts';
import { startRuntime } from '../../local/index.ts';
import { freePort } from './aws/endpoint-fixture.ts';
import { temporaryFolder, writeAssembly } from './template/assembly-folder.ts';

/** Provider and consumer at once: prints what it is asked, answers CloudFormation, puts the records a property names. */
const CODE = `const { env } = process;
async function put(texts) {
  const response = await fetch(env.AWS_ENDPOINT_URL, {
    method: 'POST',
    headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=' + env.AWS_ACCESS_KEY_ID + '/20261124/us-east-1/kinesis/aws4_request',
      'x-amz-security-token': env.AWS_SESSION_TOKEN,
      'x-amz-target': 'Kinesis_20131202.PutRecords',
    },
    body: JSON.stringify({ StreamName: 'Events', Records: texts.map((text) => ({ Data: btoa(text), PartitionKey: 'k' })) }),
  });
  if (!response.ok) throw new Error(await response.text());
}
export const handler = async (event) => {
  console.log(JSON.stringify(event.Records ? event.Records.map(({ kinesis }) => atob(kinesis.data)) : event.RequestType));
  if (!event.ResponseURL) return;
  if (event.ResourceProperties.Put) await put(event.ResourceProperties.Put);
  const Status = event.ResourceProperties.Fails === 'true' ? 'FAILED' : 'SUCCESS';
  const body = { Status, Reason: 'told to fail', PhysicalResourceId: 'note', Data: { Text: event.ResourceProperties.Text ?? '' } };
  await fetch(event.ResponseURL, { method: 'PUT', body: JSON.stringify(body) });
};`;

const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } };
const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const platform = {
  Role: {
    Type: 'AWS::IAM::Role',
    Properties: { AssumeRolePolicyDocument: { Statement: [trust] } },
  },
  Policy: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      PolicyName: 'Read',
      Roles: [{ Ref: 'Role' }],
      PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'kinesis:*', Resource: arnOf('Stream') }] },
    },
  },
  Stream: { Type: 'AWS::Kinesis::Stream', Properties: { Name: 'Events', ShardCount: 1 } },
  Function: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      FunctionName: 'Worker',
      Code: { S3Bucket: 'assets', S3Key: 'worker.zip' },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: arnOf('Role'),
    },
  },
  Dashboard: { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody: '{}' } },
};
const mapping = {
  Type: 'AWS::Lambda::EventSourceMapping',
  DependsOn: 'Policy',
  Properties: { FunctionName: { Ref: 'Function' }, EventSourceArn: arnOf('Stream'), StartingPosition: 'TRIM_HORIZON' },
};
const note = (properties: object) => ({
  Type: 'Custom::Note',
  Properties: { ServiceToken: arnOf('Function'), ...properties },
});
const outputs = { Text: { Value: { 'Fn::GetAtt': ['Note', 'Text'] } }, Stream: { Value: { Ref: 'Stream' } } };

let runtime: Runtime | undefined;

afterEach(async () => {
  await runtime?.stop();
  runtime = undefined;
});

async function freePorts(): Promise<Ports> {
  const [mqtt, mqtts, apis, management, mysql, aws] = (await Promise.all(Array.from({ length: 6 }, freePort))) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];

  return { mqtt, mqtts, apis, management, mysql, aws };
}

/** Starts these resources; `state` and the events outlive the start. */
async function start(
  resources: object,
  options: { state?: string; fresh?: boolean; outputs?: object; events?: RuntimeEvent[] } = {},
) {
  const { state = temporaryFolder(), events = [] } = options;
  const ports = await freePorts();
  const assembly = writeAssembly({
    App: {
      template: { Resources: resources, Outputs: options.outputs },
      assets: { 'worker.zip': { 'index.mjs': CODE } },
    },
  });
  const started = await startRuntime({
    assembly,
    state,
    ports,
    fresh: options.fresh ?? false,
    onEvent: (event) => events.push(event),
  });
  runtime = started;

  return {
    runtime: started,
    state,
    ports,
    async stop() {
      await started.stop();
      runtime = undefined;
    },
  };
}

function workerLog(state: string): readonly unknown[] {
  const file = join(state, 'logs', 'Worker.log');

  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];
}

function isOpen(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1', () => {
    socket.destroy();
    resolve(true);
  }).on('error', () => resolve(false));

  return promise;
}

test('an app starts from its templates: roles, functions, custom resources, outputs', async () => {
  const events: RuntimeEvent[] = [];
  const { runtime, ports, state } = await start({ ...platform, Note: note({ Text: 'hello' }) }, { outputs, events });

  expect(runtime.outputs).toEqual({ App: { Text: 'hello', Stream: 'Events' } });
  expect(existsSync(runtime.mqttCa)).toBe(true);
  expect(await Promise.all([ports.mqtt, ports.mqtts, ports.apis, ports.aws].map(isOpen))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(runtime.instances()).toMatchObject([{ function: 'Worker', pid: expect.any(Number) }]);
  expect(workerLog(state)).toEqual(['Create']);
  expect(events.at(-1)).toMatchObject({ kind: 'ready', milliseconds: expect.any(Number) });
  expect(() => runtime.secret('none')).toThrow('there is no secret none');
});

test('stopping frees every port and ends every process', async () => {
  const { runtime, ports, stop } = await start({ ...platform, Note: note({}) });
  const [{ pid } = { pid: 0 }] = runtime.instances();

  await stop();

  expect(await Promise.all(Object.values(ports).map(isOpen))).toEqual([false, false, false, false, false, false]);
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('the next start updates what changed, and removes what left with the function that leaves too', async () => {
  const first = await start({ ...platform, Note: note({ Text: 'a' }) });
  await first.stop();
  const { state } = first;
  await (await start({ ...platform, Note: note({ Text: 'a' }) }, { state })).stop();
  await (await start({ ...platform, Note: note({ Text: 'b' }) }, { state })).stop();
  const { Stream } = platform;
  await (await start({ Stream }, { state })).stop();

  expect(workerLog(state)).toEqual(['Create', 'Update', 'Delete']);
});

test('records reach the function of a mapping in the template; its batch size is what the template says', async () => {
  const { runtime, state, stop } = await start({ ...platform, Mapping: mapping });
  expect(runtime.instances()).toEqual([]);
  await stop();
  await start(
    {
      ...platform,
      Mapping: { ...mapping, Properties: { ...mapping.Properties, BatchSize: 2 } },
      Feed: { ...note({ Put: ['a', 'b', 'c'] }), DependsOn: 'Policy' },
    },
    { state },
  );
  while (workerLog(state).length < 3) await sleep(10);

  expect(workerLog(state)).toEqual(['Create', ['a', 'b'], ['c']]);
});

test('a failed start says which resource and why, leaves nothing running, and the next one goes on', async () => {
  const state = temporaryFolder();
  const failing = start({ ...platform, Note: note({ Fails: true }) }, { state });

  await expect(failing).rejects.toThrow('App/Note (Custom::Note): Create failed: told to fail');
  expect(existsSync(join(state, 'runtime.lock'))).toBe(false);
  await start({ ...platform, Note: note({ Text: 'now' }) }, { state, outputs });
  expect(runtime?.outputs).toEqual({ App: { Text: 'now', Stream: 'Events' } });
});

test('what cannot be run is refused before anything starts', async () => {
  const state = join(temporaryFolder(), 'state');

  await expect(start({ Queue: { Type: 'AWS::SQS::Queue' } }, { state })).rejects.toThrow(
    '- App/Queue: resources of type AWS::SQS::Queue are not run locally',
  );
  expect(existsSync(state)).toBe(false);
});

test('a second runtime on the same state is refused, the first goes on', async () => {
  const { state, ports } = await start({});

  await expect(start({}, { state })).rejects.toThrow(`${state} is in use by another runtime (process ${process.pid})`);
  expect(await isOpen(ports.aws)).toBe(true);
});

test('a fresh start begins with nothing', async () => {
  const { state, stop } = await start({ ...platform, Note: note({}) });
  await stop();
  await start({ ...platform, Note: note({}) }, { state, fresh: true });

  expect(workerLog(state)).toEqual(['Create']);
});

test('a missing right fails the mapping as it would on AWS', async () => {
  const { Policy: _, ...withoutPolicy } = platform;

  await expect(start({ ...withoutPolicy, Mapping: { ...mapping, DependsOn: [] } })).rejects.toThrow(
    'App/Mapping (AWS::Lambda::EventSourceMapping): InvalidParameterValueException: Cannot access stream arn:aws:kinesis:us-east-1:000000000000:stream/Events. Please ensure the role can perform the GetRecords',
  );
});
