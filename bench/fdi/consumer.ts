import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { handlerCode } from '../../lib/platform/handler-bundle.ts';
import type { Run, RunResult } from './consumer-child.ts';
import { BenchFailure } from './failure.ts';
import { TASK } from './workload.ts';

/** The consumer as it is deployed: its bundled asset in a process of its own, with nothing but the environment of its template. */
export interface Consumer {
  run(run: Run): Promise<RunResult>;
  stop(): Promise<void>;
}

/** @param flags of Node */
export async function startConsumer(
  environment: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): Promise<Consumer> {
  const asset = mkdtempSync(join(tmpdir(), 'causeway-consumer-'));
  const index = join(asset, 'index.mjs');
  writeFileSync(index, handlerCode('fdi/consume-topic'));
  writeFileSync(join(asset, 'definitions.json'), JSON.stringify(TASK));
  const child = fork(join(import.meta.dirname, 'consumer-child.ts'), [index], {
    env: { ...environment, LAMBDA_TASK_ROOT: asset },
    execArgv: [...flags],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new BenchFailure(`the consumer ended: ${code ?? signal}`);
  });
  ended.catch(() => undefined);
  const message = async () => {
    const [answer] = await Promise.race([once(child, 'message'), ended]);

    return answer as unknown;
  };
  await message();

  return {
    async run(run) {
      child.send(run);
      const result = (await message()) as RunResult;
      if (result.failures > 0) {
        throw new BenchFailure(`${result.failures} of ${run.batches} batches were not written`);
      }

      return result;
    },
    async stop() {
      child.kill();
      await ended.catch(() => undefined);
      rmSync(asset, { recursive: true });
    },
  };
}
