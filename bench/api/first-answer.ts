import type { Platform } from '../../test/acceptance/platform.ts';
import { functionProcesses, gone, signal } from '../../test/faults/processes.ts';
import { median } from '../fdi/statistics.ts';
import { ChildFailure } from './children.ts';
import type { Target } from './load-child.ts';

/** Medians, in ms, of a call's time while no process of any function runs: sign-in and answer both start theirs. */
export interface FirstAnswers {
  readonly firstNoneMs: number;
  readonly firstAppCodeMs: number;
  readonly firstSignatureMs: number;
}

const ROUNDS = 9;

type Targets = Readonly<Record<'none' | 'appCode' | 'signature', readonly Target[]>>;

export async function firstAnswers({ pid }: Platform, targets: Targets): Promise<FirstAnswers> {
  const first = async (list: readonly Target[]) => {
    const ms: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await endFunctions(pid);
      ms.push(await timeOf(list[round] as Target));
    }

    return Math.round(median(ms));
  };

  return {
    firstNoneMs: await first(targets.none),
    firstAppCodeMs: await first(targets.appCode),
    firstSignatureMs: await first(targets.signature),
  };
}

async function endFunctions(platform: number): Promise<void> {
  const processes = functionProcesses(platform);
  for (const { pid } of processes) signal(pid, 'SIGKILL');
  await Promise.all(processes.map(({ pid }) => gone(pid)));
}

async function timeOf({ url, headers }: Target): Promise<number> {
  const from = performance.now();
  const answer = await fetch(url, { headers: { ...headers } });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new ChildFailure(`${url}: ${answer.status}`);

  return performance.now() - from;
}
