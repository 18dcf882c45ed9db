import { setTimeout as sleep } from 'node:timers/promises';
import { type Process, processTree } from '../../test/faults/processes.ts';

/** What a platform's processes held in RAM at the moment they held most; pages they share count for each. */
export interface MemoryPeak {
  readonly megabytes: number;
  /** By what they are, the largest first. */
  readonly processes: readonly { readonly name: string; readonly megabytes: number }[];
}

const LOOK_MS = 1000;

/** Watches a platform until the signal. */
export async function peakMemory(platform: number, stop: AbortSignal): Promise<MemoryPeak> {
  let peak: MemoryPeak = { megabytes: 0, processes: [] };
  while (!stop.aborted) {
    const now = memoryOf(processTree(platform).filter(({ command }) => !command.startsWith('ps ')));
    if (now.megabytes > peak.megabytes) peak = now;
    await sleep(LOOK_MS);
  }

  return peak;
}

function memoryOf(processes: readonly Process[]): MemoryPeak {
  const groups = Map.groupBy(processes, ({ command }) => nameOf(command));
  const sums = [...groups].map(([name, group]) => ({
    name: group.length === 1 ? name : `${name} (${group.length})`,
    megabytes: Math.round(group.reduce((sum, { memoryMb }) => sum + memoryMb, 0)),
  }));

  return {
    megabytes: sums.reduce((sum, { megabytes }) => sum + megabytes, 0),
    processes: sums.toSorted((a, b) => b.megabytes - a.megabytes),
  };
}

/** `CausewayParking-ParkingHistoryConsumerFunction0C1D2E3F-…` → `ParkingHistoryConsumer`. */
function nameOf(command: string): string {
  if (command.includes('mariadbd')) return 'MariaDB';
  const name = /lambda\/bootstrap\S*\s+[^-\s]+-(\w+?)Function/.exec(command)?.[1];

  return name ?? 'runtime: broker, stream, gateway, tables';
}
