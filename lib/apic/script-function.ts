import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Script } from 'node:vm';
import type { Construct } from 'constructs';
import type { ScriptBackend } from '../../core/apic/api-definition.ts';
import { checkScript, type KnownToScripts } from '../../core/apic/script/check-script.ts';
import { needsCache } from '../../core/apic/script/needs-cache.ts';
import { needsDatabase } from '../../core/apic/script/needs-database.ts';
import { DEFAULT_SCRIPT_LIMITS, type ScriptLimits } from '../../core/apic/script/script-limits.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { Integration } from '../platform/integration.ts';
import { checkWhole, invalid } from '../platform/setting.ts';
import type { ApiGroup } from './api-group.ts';
import { grantScriptCache } from './script-cache.ts';
import { sandboxParts, scriptClasses } from './script-library.ts';
import {
  checkPasswords,
  checkVariables,
  providePasswords,
  provideVariables,
  type ScriptPasswordsProps,
  type ScriptVariablesProps,
} from './script-variables.ts';

/** What scripts may use, and take. */
export interface ScriptProps extends ScriptPasswordsProps {
  /**
   * What `#{name}` in scripts stands for, beside `#{mysql_url}`, `#{mysql_host}`, `#{mysql_port}`, `#{mysql_database}`, `#{mysql_user}` and
   * `#{mysql_password}` of the platform's database.
   * @default - only those
   */
  readonly variables?: ScriptVariablesProps;
  /**
   * Processor time of a call in milliseconds, 1 to 29,000; waiting for a data source does not count.
   * @default 10000
   */
  readonly cpuMs?: number;
  /**
   * Memory of a call in MB, 1 to 1,024.
   * @default 64
   */
  readonly memoryMb?: number;
}

/** Node, the function's code and the engine itself, beside the scripts' own memory. */
const FUNCTION_MB = 448;

/** @throws InvalidSetting for limits that cannot be kept */
export function scriptLimits(place: Construct, props: ScriptProps): ScriptLimits {
  const { cpuMs = DEFAULT_SCRIPT_LIMITS.cpuMs, memoryMb = DEFAULT_SCRIPT_LIMITS.memoryMb } = props;

  return {
    cpuMs: checkWhole(place, 'cpuMs', cpuMs, { min: 1, max: 29_000, unit: 'milliseconds' }),
    memoryMb: checkWhole(place, 'memoryMb', memoryMb, { min: 1, max: 1024, unit: 'MB' }),
  };
}

/**
 * A function that runs scripts of the reference system. Those that name it work with the platform's database as the user of the APIs: on
 * the tables that were granted to it. A function none of whose scripts does has neither the right nor the password.
 *
 * @param files paths of the scripts
 * @throws InvalidSetting naming the script, for one that cannot work
 */
export function scriptFunction(
  scope: Construct,
  group: ApiGroup,
  files: readonly string[],
  props: ScriptProps & { readonly entry?: string },
): { readonly handler: HandlerFunction; backendOf(file: string): ScriptBackend } {
  const usesDatabase = files.some((file) => needsDatabase(readFileSync(file, 'utf8')));
  const database = usesDatabase ? Integration.of(scope).databaseFor(scope) : undefined;
  const variables = { ...database?.scriptVariables('causeway_api'), ...props.variables };
  checkVariables(scope, variables);
  checkPasswords(scope, props);
  const limits = scriptLimits(scope, props);
  const known: KnownToScripts = {
    classes: new Map([...scriptClasses()].map(([path, { statics }]) => [path, statics])),
    variables: new Set(Object.keys(variables)),
    passwords: new Set(Object.keys(props.passwords ?? {})),
    certificates: new Set(Object.keys(props.certificates ?? {})),
  };
  const scripts = files.map((file) => [`scripts/${basename(file)}`, { text: readScript(scope, file, known) }] as const);
  let provided: object = {};
  let passwords: object = {};
  const handler = group.backend(scope, 'Function', {
    entry: props.entry ?? 'apic/run-script',
    description: 'Runs scripts',
    memory: FUNCTION_MB + limits.memoryMb,
    files: { 'variables.json': () => provided, 'passwords.json': () => passwords },
    parts: { ...sandboxParts(), ...Object.fromEntries(scripts) },
  });
  provided = provideVariables(handler, variables);
  passwords = providePasswords(handler, props);
  database?.grant(handler, 'causeway_api');
  if (scripts.some(([, { text }]) => needsCache(text))) {
    grantScriptCache(handler);
  }

  return { handler, backendOf: (file) => ({ kind: 'script', script: basename(file), limits }) };
}

function readScript(scope: Construct, file: string, known: KnownToScripts): string {
  const source = readFileSync(file, 'utf8');
  checkScript(`${scope.node.path}: ${basename(file)}`, source, known);
  try {
    // Compiled and not run; the engine of the scripts refuses the same.
    new Script(source, { filename: basename(file) });
  } catch (error) {
    // The stack begins with the place: `orders.js:2`.
    const [place = ''] = (error as SyntaxError).stack?.split('\n') ?? [];
    throw invalid(scope, place.startsWith(basename(file)) ? place : basename(file), String(error), 'JavaScript');
  }

  return source;
}
