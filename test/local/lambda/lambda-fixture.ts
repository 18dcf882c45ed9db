import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LambdaEngine, StreamEngine, StreamPosition, StreamRecord } from '../../../local/engines.ts';
import { AwsError } from '../../../local/errors.ts';
import { createLambdaEngine } from '../../../local/lambda/lambda-engine.ts';
import { createObjectStore } from '../../../local/store/object-store.ts';
import { type EndpointFixture, startEndpoint } from '../aws/endpoint-fixture.ts';
import { temporaryFolder } from '../template/assembly-folder.ts';
import { record, SOURCE } from './event-source/records.ts';

export const CONSUMER_ROLE = 'arn:aws:iam::000000000000:role/Consumer';

/** A stream in memory, with one shard, as far as a poller needs it. */
interface FakeStream extends Pick<StreamEngine, 'shards' | 'read' | 'subscribe'> {
  readonly records: StreamRecord[];
  /** How often it was asked for records. */
  polls: number;
  append(count: number): void;
}

export interface LambdaFixture extends EndpointFixture {
  readonly lambda: LambdaEngine;
  readonly stream: FakeStream;
  /** Declares a function with this module as its code. */
  declare(name: string, code: string, settings?: Partial<Settings>): void;
  /** Lines of the function's log. */
  log(name: string): readonly string[];
  /** What the consumer's role may do. */
  grant(...actions: readonly string[]): void;
}

type Settings = Parameters<LambdaEngine['functions']['put']>[0];

/** The Lambda engine with real processes, behind the AWS endpoint, over a stream in memory. */
export async function startLambda(): Promise<LambdaFixture> {
  const stream = fakeStream();
  let lambda: LambdaEngine | undefined;
  const aws = await startEndpoint((host) => {
    lambda = createLambdaEngine(host);

    return { lambda, stream: stream as unknown as StreamEngine, store: createObjectStore(host) };
  });
  const engine = lambda as LambdaEngine;
  const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } };
  aws.iam.putRole({ name: 'Consumer', trust: { Statement: [trust] }, inline: [], managedPolicyArns: [] });

  return {
    ...aws,
    lambda: engine,
    stream,
    declare(name, code, settings = {}) {
      const directory = temporaryFolder();
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, 'index.mjs'), code);
      engine.functions.put(
        {
          name,
          roleArn: CONSUMER_ROLE,
          handler: 'index.handler',
          runtime: 'nodejs24.x',
          description: '',
          memorySize: 128,
          timeout: 10,
          environment: {},
          logGroup: `/aws/lambda/${name}`,
          ...settings,
        },
        { directory },
      );
    },
    log(name) {
      const file = join(aws.host.state, 'logs', `${name}.log`);

      return (existsSync(file) ? readFileSync(file, 'utf8') : '').split('\n').filter(Boolean);
    },
    grant: (...actions) =>
      aws.iam.putPolicy('Granted', ['Consumer'], { Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] }),
    async stop() {
      await engine.stop();
      await aws.stop();
    },
  };
}

function fakeStream(): FakeStream {
  const records: StreamRecord[] = [];
  let arrival = Promise.withResolvers<void>();

  return {
    records,
    polls: 0,
    append(count) {
      arrival.resolve();
      arrival = Promise.withResolvers();
      for (let left = count; left > 0; left -= 1) {
        records.push(record(records.length, { approximateArrivalTimestamp: Date.now() }));
      }
    },
    async shards(stream) {
      if (stream !== SOURCE.streamArn) throw new AwsError('ResourceNotFoundException', `Stream ${stream} not found.`);

      return [{ shardId: SOURCE.shardId, closed: false }];
    },
    async *subscribe(_consumer, _shardId, from, signal) {
      let next = records.filter((one) => !isAfter(one, from)).length;
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      while (!signal.aborted) {
        const { promise } = arrival;
        const pushed = records.slice(next);
        next += pushed.length;
        yield { records: pushed, millisBehindLatest: 0, ended: false };
        await Promise.race([promise, aborted]);
      }
    },
    async read(_stream, _shardId, from, limit) {
      this.polls += 1;
      const first = records.findIndex((one) => isAfter(one, from));

      return { records: first < 0 ? [] : records.slice(first, first + limit), millisBehindLatest: 0, ended: false };
    },
  };
}

function isAfter(one: StreamRecord, from: StreamPosition): boolean {
  if (from.type === 'AFTER_SEQUENCE_NUMBER') return one.sequenceNumber > from.sequenceNumber;
  if (from.type === 'AT_TIMESTAMP') return one.approximateArrivalTimestamp >= from.timestamp;

  return from.type === 'TRIM_HORIZON';
}
