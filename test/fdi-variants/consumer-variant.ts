import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { HANDLER_BUILD, handlerCode } from '../../lib/platform/handler-bundle.ts';

/**
 * The consumer with one module replaced. Two have a mistake in their way of writing, which a check of what is delivered has to find:
 * `early-position` loses messages when it is killed (or its transaction fails) behind the position, `without-position` writes twice what
 * comes again. `pieces` has none: it writes three records in two calls and nine in three, as the real one does thousands.
 */
export const MISTAKES = ['early-position', 'without-position'] as const;
export type ConsumerVariant = (typeof MISTAKES)[number] | 'pieces';

const CONSUMER = 'fdi/consume-topic';
const ROOT = join(import.meta.dirname, '../..');
const REPLACED: Readonly<Record<ConsumerVariant, string>> = {
  'early-position': 'core/fdi/shard-writer.ts',
  'without-position': 'core/fdi/shard-writer.ts',
  pieces: 'core/fdi/read-ahead.ts',
};

/** The text of the variant's `index.mjs`, bundled as the real one is. @param consumer below `functions/` */
export async function consumerVariant(variant: ConsumerVariant, consumer = CONSUMER): Promise<string> {
  const { outputFiles } = await build({
    ...HANDLER_BUILD,
    entryPoints: [join(ROOT, `functions/${consumer}.ts`)],
    outdir: ROOT,
    plugins: [instead(join(ROOT, REPLACED[variant]), join(import.meta.dirname, `${variant}.ts`))],
  });

  return outputFiles[0]?.text ?? '';
}

/**
 * Puts the variant in the place of every consumer of a synthesized assembly, which then runs as any other: `causeway local --assembly`.
 *
 * @returns how many consumers were replaced
 */
export async function plantVariant(assembly: string, variant: ConsumerVariant, consumer = CONSUMER): Promise<number> {
  const code = await consumerVariant(variant, consumer);
  const consumers: string[] = [];
  for (const asset of readdirSync(assembly)) {
    const index = join(assembly, asset, 'index.mjs');
    if (existsSync(index) && (await readFile(index, 'utf8')) === handlerCode(consumer)) {
      consumers.push(index);
    }
  }
  for (const index of consumers) {
    writeFileSync(index, code);
  }

  return consumers.length;
}

/** Imports of a module get another one, which alone gets the module itself. */
function instead(module: string, replacement: string): Plugin {
  const ending = new RegExp(`/${module.slice(module.lastIndexOf('/') + 1).replaceAll('.', '\\.')}$`);

  return {
    name: 'instead',
    setup({ onResolve }) {
      onResolve({ filter: ending }, ({ path, resolveDir, importer }) =>
        importer !== replacement && join(resolveDir, path) === module ? { path: replacement } : undefined,
      );
    },
  };
}
