import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AwsService } from '../../../local/aws/service.ts';
import type { SecretsEngine } from '../../../local/engines.ts';
import { createSecretsEngine } from '../../../local/secrets/engine.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are read member by member in assertions
type Answer = any;

export interface SecretsManager {
  readonly engine: SecretsEngine;
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

/** The Secrets Manager API of an engine in a folder of its own, called as the endpoint calls it. */
export async function secretsManager(): Promise<SecretsManager> {
  const state = mkdtempSync(join(tmpdir(), 'causeway-secrets-'));
  const clock = { now: Date.UTC(2026, 0, 1) };
  const make = () => createSecretsEngine({ state }, { now: () => clock.now });
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
  const call: SecretsManager['call'] = async (operation, input = {}) => {
    const { body } = await service().handle(request(operation, input), { roleArn: '', sessionArn: '' });

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
      rmSync(state, { recursive: true });
    },
  };
}
