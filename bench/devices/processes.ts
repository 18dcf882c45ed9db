import { readFileSync } from 'node:fs';

/** Linux counts in these. sysconf(3) _SC_CLK_TCK */
const TICKS_PER_SECOND = 100;

/** Resident memory of a process. proc(5) */
export function residentMb(pid: number): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];

  return Number(kb) / 1024;
}

/** Processor time that a process and its children have used so far, also those that have ended. proc(5) */
export function processorSeconds(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);

  return used(pid) + children.reduce((sum, child) => sum + used(Number(child)), 0);
}

/** Fields 14 to 17: user and system time, then those of children that were waited for. The second field may hold spaces. */
function used(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const values = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15);

    return values.reduce((sum, value) => sum + Number(value), 0) / TICKS_PER_SECOND;
  } catch {
    return 0; // it has ended meanwhile, and is counted with its parent
  }
}
