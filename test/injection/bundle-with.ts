import { join } from 'node:path';
import { build } from 'esbuild';
import { HANDLER_BUILD } from '../../lib/platform/handler-bundle.ts';

const ROOT = join(import.meta.dirname, '../..');

/**
 * The text of a handler's `index.mjs`, bundled as the real one is, with one module of `core` replaced by one beside this file, which alone may
 * import the module it replaces.
 */
async function bundleWith(entry: string, module: string, replacement: string): Promise<string> {
  const path = join(import.meta.dirname, replacement);
  const { outputFiles } = await build({
    ...HANDLER_BUILD,
    entryPoints: [join(ROOT, `functions/${entry}.ts`)],
    outdir: ROOT,
    plugins: [
      {
        name: 'instead',
        setup({ onResolve }) {
          onResolve({ filter: /\.ts$/ }, ({ path: asked, resolveDir, importer }) =>
            importer !== path && join(resolveDir, asked) === join(ROOT, module) ? { path } : undefined,
          );
        },
      },
    ],
  });

  return outputFiles[0]?.text ?? '';
}

/** `apic/data-api`, whose statements paste their values. */
export function pastingHandler(): Promise<string> {
  return bundleWith('apic/data-api', 'core/apic/sql-template.ts', 'pasted-sql-template.ts');
}

/** `fdi/consume-topic`, which pastes the rows it writes. */
export function pastingConsumer(): Promise<string> {
  return bundleWith('fdi/consume-topic', 'core/fdi/shard-writer.ts', 'pasting-shard-writer.ts');
}
