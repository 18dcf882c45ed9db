import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LocalFile } from '../../test/acceptance/platform.ts';
import type { Round, RoundResult } from './load-child.ts';

/** A benchmark's child ended, or what it called did not answer. */
export class ChildFailure extends Error {
  override readonly name = 'ChildFailure';
}

export interface Load {
  run(round: Round): Promise<RoundResult>;
  stop(): void;
}

export async function startLoad(): Promise<Load> {
  const child = start('load-child.ts', {});
  await message(child);

  return {
    async run(round) {
      child.send(round);
      const result = (await message(child)) as RoundResult;
      if (result.wrong !== undefined) throw new ChildFailure(result.wrong);

      return result;
    },
    stop: () => child.disconnect(),
  };
}

/** The bare server on the platform's own database. */
export async function startBareServer({ mysql }: LocalFile): Promise<{ readonly url: string; stop(): void }> {
  const child = start('bare-server.ts', { BENCH_DATABASE: JSON.stringify(mysql) });
  const port = await message(child);

  return { url: `http://127.0.0.1:${port}`, stop: () => child.disconnect() };
}

function start(file: string, environment: Readonly<Record<string, string>>): ChildProcess {
  return fork(join(import.meta.dirname, file), [], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

async function message(child: ChildProcess): Promise<unknown> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    const ended = once(child, 'exit', { signal }).then(([code, by]) => {
      throw new ChildFailure(`a child process of the benchmark ended: ${code ?? by}`);
    });
    ended.catch(() => undefined);
    const [answer] = await Promise.race([once(child, 'message', { signal }), ended]);

    return answer;
  } finally {
    waiting.abort();
  }
}
