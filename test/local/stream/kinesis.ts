import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AwsService } from '../../../local/aws/service.ts';
import type { StreamEngine } from '../../../local/engines.ts';
import { createLogs } from '../../../local/log.ts';
import { createStreamEngine } from '../../../local/stream/engine.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are read member by member in assertions
type Answer = any;

export interface Kinesis {
  readonly engine: StreamEngine;
  readonly state: string;
  /** Milliseconds since the epoch; moves only by hand. */
  clock: { now: number };
  call(operation: string, input?: Readonly<Record<string, unknown>>): Promise<Answer>;
  /** What its answer's `code` and `message` are when the call is refused. */
  refused(operation: string, input?: Readonly<Record<string, unknown>>): Promise<{ code: string; message: string }>;
  needs(operation: string, input: Readonly<Record<string, unknown>>): readonly { action: string; resource: string }[];
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The Kinesis API of an engine in a folder of its own, called as the endpoint calls it, with a clock that stands still. */
export async function kinesis(): Promise<Kinesis> {
  const state = mkdtempSync(join(tmpdir(), 'causeway-stream-'));
  const clock = { now: Date.UTC(2026, 0, 1) };
  const logs = createLogs(state);
  const make = () => createStreamEngine({ state, logs }, { now: () => clock.now });
  let engine = make();
  await engine.start();
  const service = () => engine.services?.[0] as AwsService;
  const request = (operation: string, input: unknown) => ({
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: {},
    body: Buffer.from(JSON.stringify(input)),
    operation,
  });
  const call: Kinesis['call'] = async (operation, input = {}) => {
    const wire = request(operation, input);
    service().needs(wire);
    const { body } = await service().handle(wire, { roleArn: '', sessionArn: '' });

    return JSON.parse(body.toString());
  };

  return {
    get engine() {
      return engine;
    },
    state,
    clock,
    call,
    refused: (operation, input) =>
      call(operation, input).then(
        (answer) => ({ code: 'none', message: JSON.stringify(answer) }),
        (error) => ({ code: error.code, message: error.message }),
      ),
    needs: (operation, input) => service().needs(request(operation, input)),
    async restart() {
      await engine.stop();
      engine = make();
      await engine.start();
    },
    async stop() {
      await engine.stop();
      logs.close();
      rmSync(state, { recursive: true });
    },
  };
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** The records of the only shard, from its beginning. */
export async function everything(
  { call }: Kinesis,
  stream: string,
  shardId = 'shardId-000000000000',
): Promise<string[]> {
  const { ShardIterator } = await call('GetShardIterator', {
    StreamName: stream,
    ShardId: shardId,
    ShardIteratorType: 'TRIM_HORIZON',
  });
  const { Records } = await call('GetRecords', { ShardIterator });

  return Records.map((record: { Data: string }) => Buffer.from(record.Data, 'base64').toString());
}
