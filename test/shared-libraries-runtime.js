import { createRequire } from 'node:module';
import process from 'node:process';
import { types } from 'node:util';
import { SyntheticModule } from 'node:vm';
import JestRuntime from 'jest-runtime';

const load = createRequire(import.meta.url);
const isInstance = Function.prototype[Symbol.hasInstance];

/**
 * Libraries that are large and keep nothing between tests. Not among them are those with timers, which fake ones would not reach, and those
 * that insist on regular expressions or errors of their own kind.
 */
const SHARED = new RegExp(
  `/node_modules/(?:${[
    'aws-cdk-lib',
    'constructs',
    'cdk-nag',
    'fast-check',
    'pure-rand',
    'zod',
    '@aws-sdk',
    '@aws-crypto',
    '@smithy',
    'mysql2',
    'pg',
    'selfsigned',
    '@peculiar',
    'pkijs',
    'asn1js',
    'mqtt-packet',
    'commander',
    'cli-progress',
    'picocolors',
    'cli-table3',
    'fast-xml-parser',
    'jsonata',
  ].join('|')})/`,
);

/**
 * Loads large libraries once for all test files of a worker. Jest loads every module anew for every file, which for `aws-cdk-lib` alone takes
 * a second and a half of a processor; our own modules, which do keep things, still are each file's own.
 */
export default class SharedLibrariesRuntime extends JestRuntime {
  /** As the worker has them, and the next file. */
  #variables = { ...process.env };

  constructor(...options) {
    super(...options);
    const [config, environment] = options;
    const { global, fakeTimersModern } = environment;
    // What is a date here has to be one for the libraries, too, and their errors have to be errors here. Jest itself does the same with bytes.
    global.Date = Date;
    environment.fakeTimersModern = new fakeTimersModern.constructor({ config, global });
    Object.defineProperty(global.Error, Symbol.hasInstance, {
      value(value) {
        return isInstance.call(this, value) || (this === global.Error && types.isNativeError(value));
      },
    });
    // The environment a test sets is the one libraries read.
    global.process.env = process.env;
    const { esmLoader } = this;
    const { buildCjsAsEsmSyntheticModule, pendingCjsBuildIsUnmarkedEsm } = esmLoader;
    esmLoader.pendingCjsBuildIsUnmarkedEsm = (pending) =>
      !SHARED.test(pending.modulePath) && pendingCjsBuildIsUnmarkedEsm.call(esmLoader, pending);
    esmLoader.buildCjsAsEsmSyntheticModule = (from, path, context) =>
      SHARED.test(path) ? importable(path, context) : buildCjsAsEsmSyntheticModule.call(esmLoader, from, path, context);
  }

  teardown() {
    for (const name of Object.keys(process.env)) {
      if (!(name in this.#variables)) delete process.env[name];
    }
    Object.assign(process.env, this.#variables);
    super.teardown();
  }

  unstable_shouldLoadAsEsm(path) {
    return !SHARED.test(path) && super.unstable_shouldLoadAsEsm(path);
  }

  requireModule(from, name, options, isRequireActual) {
    if (name !== undefined && options?.isInternalModule !== true && !this._resolution.isCoreModule(name)) {
      const path = this._resolution.resolveCjs(from, name);
      if (SHARED.test(path)) {
        return load(path);
      }
    }

    return super.requireModule(from, name, options, isRequireActual);
  }
}

/** A loaded library as what a test file's modules import. */
function importable(path, context) {
  const loaded = load(path);
  const own = types.isModuleNamespaceObject(loaded) ? loaded : { ...loaded, default: loaded, 'module.exports': loaded };
  const names = Object.keys(own);

  return new SyntheticModule(
    names,
    function setExports() {
      for (const name of names) this.setExport(name, own[name]);
    },
    { context, identifier: path },
  );
}
