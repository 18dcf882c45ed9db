import { join } from 'node:path';
import { build } from 'esbuild';
import { HANDLER_BUILD } from '../../lib/platform/handler-bundle.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The text of `apic/data-api`'s `index.mjs`, bundled as the real one is, whose statements paste their values. */
export async function pastingHandler(): Promise<string> {
  const { outputFiles } = await build({
    ...HANDLER_BUILD,
    entryPoints: [join(ROOT, 'functions/apic/data-api.ts')],
    outdir: ROOT,
    plugins: [
      {
        name: 'pasting',
        setup({ onResolve }) {
          const path = join(import.meta.dirname, 'pasted-sql-template.ts');
          onResolve({ filter: /\/sql-template\.ts$/ }, () => ({ path }));
        },
      },
    ],
  });

  return outputFiles[0]?.text ?? '';
}
