import { existsSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type BuildOptions, buildSync, version } from 'esbuild';
import { InvalidSetting } from '../../core/errors.ts';
import { type Built, keptBundle } from './bundle-cache.ts';

export const FUNCTIONS = join(import.meta.dirname, '../../functions');
/** Imported by every SDK client for its default credentials; Lambda hands them over in the environment. */
const CREDENTIAL_PROVIDER = '@aws-sdk/credential-provider-node';
/** Code in CommonJS that esbuild wraps asks for Node's own modules through `require`, which an ES module does not have. */
const BANNER = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** How every handler is bundled, whoever does it. */
export const HANDLER_BUILD = {
  write: false,
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  legalComments: 'none',
  banner: { js: BANNER },
  alias: {
    [CREDENTIAL_PROVIDER]: join(FUNCTIONS, 'shared/environment-credentials.ts'),
    // What MongoDB's driver reads connection strings with, 290 KB of tables: Node has the same.
    'whatwg-url': 'node:url',
  },
  logLevel: 'error',
} as const satisfies BuildOptions;

/** Every handler's code, by entry: `apic/data-api` → the text of its `index.mjs`. */
export type HandlerBundle = ReadonlyMap<string, string>;

const bundles = new Map<string, HandlerBundle>();

/**
 * All handlers of a folder, bundled in one esbuild run (60 ms a handler; a run per function costs 600), remembered for the life of the process; ours
 * are kept for other processes too. `HandlerCode` puts each text into the assembly under its content's hash.
 *
 * @param folder holds `<area>/<name>.ts`; `shared/` holds no handlers
 */
export function handlerBundle(folder: string = FUNCTIONS): HandlerBundle {
  const known = bundles.get(folder);
  if (known !== undefined) {
    return known;
  }
  const bundle = bundled(folder);
  bundles.set(folder, bundle);

  return bundle;
}

/** The code of one handler. @throws InvalidSetting naming the handlers there are */
export function handlerCode(entry: string, folder?: string): string {
  const bundle = handlerBundle(folder);
  const code = bundle.get(entry);
  if (code === undefined) {
    throw new InvalidSetting('HandlerFunction: entry', entry, [...bundle.keys()].join(', '));
  }
  return code;
}

function bundled(folder: string): HandlerBundle {
  const entryPoints = entriesOf(folder);
  if (entryPoints.length === 0) {
    return new Map();
  }
  const options = { ...HANDLER_BUILD, entryPoints, outbase: folder, outdir: folder };

  const make = () => build(folder, options);

  return folder === FUNCTIONS ? keptBundle(folder, JSON.stringify([version, options]), make) : make().code;
}

function build(folder: string, options: BuildOptions & typeof HANDLER_BUILD): Built {
  const { outputFiles, metafile } = buildSync({ ...options, metafile: true });
  const code = new Map(outputFiles.map(({ path, text }) => [relative(folder, path).replace(/\.js$/, ''), text]));

  return { code, inputs: Object.keys(metafile.inputs).map((path) => resolve(path)) };
}

function entriesOf(folder: string): string[] {
  if (!existsSync(folder)) {
    return [];
  }
  const areas = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && entry.name !== 'shared',
  );

  return areas.flatMap(({ name }) =>
    readdirSync(join(folder, name))
      .filter((file) => /^[a-z0-9-]+\.ts$/.test(file))
      .sort()
      .map((file) => join(folder, name, file)),
  );
}
