import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

const GRACE_MILLIS = 30_000;
const POLL_MILLIS = 25;

/**
 * Stops the server that a runtime which was killed has left behind: two servers on one data folder would ruin it. A
 * process is only taken for it when its command line names the folder; its number may be somebody else's by now.
 */
export async function stopOrphan(pidFile: string, dataDirectory: string): Promise<boolean> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
  const isOurs = pid > 1 && (await commandLine(pid)).includes(dataDirectory);
  if (isOurs) await stopProcess(pid);
  await rm(pidFile, { force: true });

  return isOurs;
}

/** SIGTERM, and SIGKILL to one that does not go within half a minute. */
export async function stopProcess(pid: number): Promise<void> {
  signal(pid, 'SIGTERM');
  for (let waited = 0; waited < GRACE_MILLIS; waited += POLL_MILLIS) {
    if (!signal(pid, 0)) return;
    await wait(POLL_MILLIS);
  }
  signal(pid, 'SIGKILL');
  while (signal(pid, 0)) await wait(POLL_MILLIS);
}

/** False when there is no such process. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

/** `/proc` where there is one; elsewhere `ps`. */
async function commandLine(pid: number): Promise<string> {
  const fromProc = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  if (fromProc !== undefined) return fromProc.replaceAll('\0', ' ');
  const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }));

  return stdout;
}
