import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import type { SourceKind } from '../../core/apic/script/jdbc-url.ts';
import type { HandlerParts } from '../platform/handler-code.ts';

const LIBRARY = join(import.meta.dirname, '../../functions/script-library');
/** What every function has of its own. */
const OF_ALL = new Set(['length', 'name', 'prototype', 'class', 'arguments', 'caller', 'constructor']);

/** A class of scripts. */
export interface ScriptClass {
  /** What it has without being made: methods and constants. */
  readonly statics: readonly string[];
  /** What one that was made has, `getX` and `setX` included. */
  readonly methods: readonly string[];
}

let known: ReadonlyMap<string, ScriptClass> | undefined;

/** What scripts find when they start, file by file in the order of their numbers. */
function libraryText(): string {
  return readdirSync(LIBRARY)
    .filter((file) => file.endsWith('.js'))
    .sort()
    .map((file) => readFileSync(join(LIBRARY, file), 'utf8'))
    .join('\n');
}

/** The classes scripts may import, by path: as the library itself, which is started for it, has them. */
export function scriptClasses(): ReadonlyMap<string, ScriptClass> {
  known ??= new Map(classesIn(runInNewContext(`((hostText) => {${libraryText()}\n})(); Packages`), ''));

  return known;
}

function classesIn(place: object, path: string): (readonly [path: string, type: ScriptClass])[] {
  return Object.entries(place).flatMap(([name, entry]: [string, object]) =>
    // The library marks what is a class, and no package.
    Object.hasOwn(entry, 'class')
      ? [[`${path}${name}`, { statics: ownNames(entry), methods: methodsOf(entry) }] as const]
      : classesIn(entry, `${path}${name}.`),
  );
}

function methodsOf(type: object): readonly string[] {
  const names = new Set<string>();
  for (
    let prototype: object | null | undefined = (type as { prototype?: object }).prototype;
    prototype !== null && prototype !== undefined && Object.getPrototypeOf(prototype) !== null;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    for (const name of Object.getOwnPropertyNames(prototype).filter((own) => own !== 'constructor')) {
      names.add(name);
    }
  }

  return [...names];
}

function ownNames(target: object): readonly string[] {
  return Object.getOwnPropertyNames(target).filter((name) => !OF_ALL.has(name));
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
