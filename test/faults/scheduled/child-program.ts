import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { HANDLER_BUILD } from '../../../lib/platform/handler-bundle.ts';

export interface ChildProgram {
  readonly path: string;
  remove(): void;
}

/** What the processes run that are killed, bundled as functions are: one of them is started for every kill. */
export async function childProgram(): Promise<ChildProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-attempt-'));
  await build({
    ...HANDLER_BUILD,
    write: true,
    entryPoints: [join(import.meta.dirname, 'attempt-child.ts')],
    outdir: folder,
    splitting: true,
    outExtension: { '.js': '.mjs' },
  });

  return { path: join(folder, 'attempt-child.mjs'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
