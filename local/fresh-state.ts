import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from './errors.ts';

/** What a state folder has from its first start on. */
export const RESOURCES_FILE = 'resources.json';
const LOCK_FILE = 'runtime.lock';

/** Empties a state folder. Refuses a folder that holds something else: its name may have been a slip. */
export function emptyState(state: string): void {
  const names = readdirSync(state).filter((name) => name !== LOCK_FILE);
  if (names.length === 0) return;
  if (!existsSync(join(state, RESOURCES_FILE))) {
    throw new LocalError(`${state} is not empty and was not made by a local runtime: nothing is deleted there`);
  }
  for (const name of names) rmSync(join(state, name), { recursive: true, force: true });
}
