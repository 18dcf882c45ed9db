import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { buildSync } from 'esbuild';
import { InvalidSetting } from '../../core/errors.ts';
import { FUNCTIONS, HANDLER_BUILD } from './handler-bundle.ts';

/** A module's bundle, and the map from its lines to those of its sources. */
export interface ModuleCode {
  readonly code: string;
  readonly map: string;
}

const bundles = new Map<string, ModuleCode>();

/**
 * The code of a function that runs a module of an integration: its default export goes to the `handlerOf` of one of our entries. Both are one
 * bundle, so what they import from us is the same in both. Remembered for the life of the process.
 *
 * @throws InvalidSetting when there is no such module, when it has no default export, or does not compile
 */
export function moduleCode(entry: string, module: string): ModuleCode {
  const key = `${entry} ${module}`;
  const known = bundles.get(key);
  if (known !== undefined) {
    return known;
  }
  const bundle = build(entry, module);
  bundles.set(key, bundle);

  return bundle;
}

function build(entry: string, module: string): ModuleCode {
  if (!existsSync(module)) {
    throw new InvalidSetting('code', module, 'the path of a module');
  }
  const outfile = join(FUNCTIONS, '..', 'index.mjs');
  try {
    const { outputFiles } = buildSync({
      ...HANDLER_BUILD,
      stdin: {
        contents: `import run from ${JSON.stringify(`./${basename(module)}`)};
import { handlerOf } from ${JSON.stringify(join(FUNCTIONS, `${entry}.ts`))};
export const handler = handlerOf(run);`,
        resolveDir: dirname(module),
        sourcefile: 'handler.ts',
      },
      // Nothing is written: what the map calls its sources is seen from here, the same on every machine.
      outfile,
      sourcemap: 'external',
      sourcesContent: false,
      logLevel: 'silent',
    });
    const textOf = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';

    return { code: textOf('.mjs'), map: textOf('.map') };
  } catch (error) {
    throw new InvalidSetting('code', module, `a module that compiles and has a default export (${String(error)})`);
  }
}
