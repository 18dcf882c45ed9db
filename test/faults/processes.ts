import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  /** Memory it holds in RAM, in MiB. */
  readonly memoryMb: number;
}

/** Every process below this one, and it. */
export function processTree(root: number): Process[] {
  const all = listed();
  const tree = all.filter(({ pid }) => pid === root);
  for (let at = 0; at < tree.length; at += 1) {
    tree.push(...all.filter(({ parent }) => parent === tree[at]?.pid));
  }

  return tree;
}

/** The platform's MariaDB. */
export function databaseProcesses(platform: number): Process[] {
  return processTree(platform).filter(({ command }) => command.includes('mariadbd'));
}

/** The processes of its functions, of one alone if it is named. */
export function functionProcesses(platform: number, name = ''): Process[] {
  return processTree(platform).filter(
    ({ command }) => command.includes('lambda/bootstrap') && command.split(' ').at(-1)?.includes(name),
  );
}

/** False when there was no such process any more. */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Resolves when it is gone. */
export async function gone(pid: number): Promise<void> {
  while (signal(pid, 0)) await sleep(20);
}

function listed(): Process[] {
  const text = execFileSync('ps', ['-eo', 'pid=,ppid=,rss=,args='], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });

  return text.split('\n').flatMap((row) => {
    const [, pid, parent, kib, command] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(row) ?? [];

    return command === undefined
      ? []
      : [{ pid: Number(pid), parent: Number(parent), command, memoryMb: Number(kib) / 1024 }];
  });
}
