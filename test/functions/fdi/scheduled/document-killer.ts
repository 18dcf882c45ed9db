import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, expect } from '@jest/globals';
import type { oneMongo } from '../../shared/sources/mongo-fixture.ts';
import type { ChildOrder } from './document-child.ts';

/** Processes that are killed at a step of theirs. */
export function documentKiller({ endTransactions }: Pick<ReturnType<typeof oneMongo>, 'endTransactions'>) {
  /** One that waits for its order: a process takes longer to start than to work. */
  let spare: ChildProcess | undefined;
  const started = () => fork(join(import.meta.dirname, 'document-child.ts'), [], { env: process.env, execArgv: [] });
  afterAll(async () => {
    const last = spare;
    if (last !== undefined && last.exitCode === null && last.signalCode === null) {
      const over = once(last, 'exit');
      last.kill('SIGKILL');
      await over;
    }
  });

  /** Whether it was killed; else it came to its end. */
  async function killedAt(order: ChildOrder): Promise<boolean> {
    const child = spare ?? started();
    spare = started();
    const over = once(child, 'exit');
    const answered = once(child, 'message').then(() => true);
    child.send(order);
    if (await Promise.race([answered, over.then(() => false)])) {
      child.kill('SIGKILL');
      await over;

      return false;
    }
    expect(child.signalCode).toBe('SIGKILL');
    await endTransactions();

    return true;
  }

  return { killedAt };
}
