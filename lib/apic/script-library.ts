import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { SourceKind } from '../../core/apic/script/jdbc-url.ts';
import type { HandlerParts } from '../platform/handler-code.ts';

const LIBRARY = join(import.meta.dirname, '../../functions/script-library');
const PATHS = /'(com\.[\w.]+)'/g;

/** What scripts find when they start, file by file in the order of their numbers. */
function libraryText(): string {
  return readdirSync(LIBRARY)
    .filter((file) => file.endsWith('.js'))
    .sort()
    .map((file) => readFileSync(join(LIBRARY, file), 'utf8'))
    .join('\n');
}

/** The classes scripts may import, by path. */
export function scriptClasses(): ReadonlySet<string> {
  return new Set([...libraryText().matchAll(PATHS)].map(([, path]) => path as string));
}

/** Drivers of the sources that scripts may use, each loaded by the first call that needs it. */
const DRIVERS: readonly SourceKind[] = ['mysql', 'postgresql', 'redis'];

/** What lies beside every function that runs scripts: the engine, the worker it runs in, the library, the drivers. */
export function sandboxParts(): HandlerParts {
  return {
    'sandbox.mjs': { entry: 'workers/script-sandbox' },
    'engine.wasm': { path: createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm') },
    'library.js': { text: libraryText() },
    ...driverParts(DRIVERS),
  };
}

/** The drivers of these kinds of sources, as they lie beside a function. */
export function driverParts(kinds: readonly SourceKind[]): HandlerParts {
  return Object.fromEntries(kinds.map((name) => [`drivers/${name}.mjs`, { entry: `drivers/${name}` }]));
}
