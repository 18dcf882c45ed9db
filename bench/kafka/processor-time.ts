import { readFileSync } from 'node:fs';
import process from 'node:process';
import { processTree } from '../../test/faults/processes.ts';

/** Of Linux. */
const TICKS_PER_SECOND = 100;

/** Milliseconds of processor that this process and all below it have used so far, apart for those whose command holds the word. */
export function processorTime(word: string): { readonly own: number; readonly other: number } {
  let [own, other] = [0, 0];
  for (const { pid, command } of processTree(process.pid)) {
    const used = millisecondsOf(pid);
    if (command.includes(word)) other += used;
    else own += used;
  }

  return { own, other };
}

function millisecondsOf(pid: number): number {
  try {
    // The second field, the command, may hold spaces; it ends with the last bracket.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];

    return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1000;
  } catch {
    return 0;
  }
}
