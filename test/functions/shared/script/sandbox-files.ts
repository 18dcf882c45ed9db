import { copyFileSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import type { SandboxOptions } from '../../../../functions/shared/script/sandbox.ts';
import { HANDLER_BUILD } from '../../../../lib/platform/handler-bundle.ts';

const FUNCTIONS = join(import.meta.dirname, '../../../../functions');

/** The worker, the engine and the library as they lie beside a function. */
export function sandboxFiles(): SandboxOptions & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-sandbox-'));
  const place = (name: string) => join(folder, name);
  const { outputFiles } = buildSync({
    ...HANDLER_BUILD,
    entryPoints: [join(FUNCTIONS, 'workers/script-sandbox.ts')],
    outdir: folder,
  });
  writeFileSync(place('sandbox.mjs'), outputFiles[0]?.text ?? '');
  copyFileSync(
    createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm'),
    place('engine.wasm'),
  );
  const library = readdirSync(join(FUNCTIONS, 'script-library')).sort();
  writeFileSync(
    place('library.js'),
    library.map((file) => readFileSync(join(FUNCTIONS, 'script-library', file), 'utf8')).join('\n'),
  );

  return { folder, worker: place('sandbox.mjs'), engine: place('engine.wasm'), library: place('library.js') };
}
