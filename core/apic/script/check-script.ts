import { InvalidSetting } from '../../errors.ts';
import { declares, type Named, scriptNeeds } from './script-needs.ts';
import { insteadOf, isUnsupportedName } from './unsupported-class.ts';

/** The reference system's limit, in bytes of UTF-8. */
export const MAX_SCRIPT_BYTES = 32 * 1024;

/** What is there for a script. */
export interface KnownToScripts {
  /** By path: what each has without being made. */
  readonly classes: ReadonlyMap<string, readonly string[]>;
  readonly variables: ReadonlySet<string>;
  readonly passwords: ReadonlySet<string>;
  readonly certificates: ReadonlySet<string>;
}

/** What every class has. */
const OF_ALL = new Set(['class', 'prototype', 'name', 'length', 'call', 'apply', 'bind', 'constructor']);
const SYNTAX: readonly (readonly [start: string, instead: string])[] = [
  ['for', 'for (… of …), or list.forEach(…)'],
  ['Java.', 'Java.type, Java.from, Java.to'],
  [
    'getFileItem',
    'the file as base64 in a field of a JSON body; or a function in TypeScript, whose request.bytes has an upload as it came',
  ],
];

/**
 * Refuses at synthesis what would fail at the first call.
 *
 * @param place names the script in messages, which go on with the line
 * @throws InvalidSetting for a script that is too long or asks for a class, a method, a variable or a password that is not there
 */
export function checkScript(place: string, source: string, known: KnownToScripts): void {
  const bytes = Buffer.byteLength(source);
  if (bytes > MAX_SCRIPT_BYTES) {
    throw new InvalidSetting(place, `${bytes} bytes`, `a script of at most ${MAX_SCRIPT_BYTES} bytes`);
  }
  const needs = scriptNeeds(source);
  checkSyntax(place, needs.syntax);
  const refuseClass = ({ name, line }: Named) =>
    new InvalidSetting(`${place}:${line}: class`, name, insteadOf(name, known.classes.keys()));
  const unknown =
    needs.classes.find(({ name }) => !known.classes.has(name)) ??
    needs.packages.find(({ name }) => !isPackage(known, name)) ??
    needs.made.find(({ name }) => isUnsupportedName(name) && !declares(source, name));
  if (unknown !== undefined) {
    throw refuseClass(unknown);
  }
  checkMembers(place, source, known);
  checkNames(place, 'variable', needs.variables, known.variables, (name) => `#{${name}}`);
  checkNames(place, 'password', needs.passwords, known.passwords);
  checkNames(place, 'certificate', needs.certificates, known.certificates);
}

function checkSyntax(place: string, syntax: readonly Named[]): void {
  const [first] = syntax;
  if (first !== undefined) {
    const [, instead] = SYNTAX.find(([start]) => first.name.startsWith(start)) ?? ['', 'JavaScript'];
    throw new InvalidSetting(`${place}:${first.line}: script`, first.name, instead);
  }
}

/** Methods and constants of classes, where a script calls them by the class's name: whether it has them is known. */
function checkMembers(place: string, source: string, { classes }: KnownToScripts): void {
  const byName = new Map([...classes].map(([path, members]) => [path.split('.').at(-1) as string, members]));
  const { members } = scriptNeeds(source);
  for (const { name, member, line } of members) {
    if (isUnsupportedName(name.split('.').at(-1) as string) && !declares(source, name) && !/^class$/.test(member)) {
      throw new InvalidSetting(`${place}:${line}: class`, name, insteadOf(name, classes.keys()));
    }
    const has = classes.get(name) ?? (isImported(source, name) ? byName.get(name) : undefined);
    if (has !== undefined && !has.includes(member) && !OF_ALL.has(member)) {
      throw new InvalidSetting(
        `${place}:${line}: ${name}`,
        member,
        has.length === 0 ? `new ${name}(…), it has nothing of its own` : [...has].sort().join(', '),
      );
    }
  }
}

/** By its path, not by something of the script's own; of what comes with whole packages too little is certain. */
function isImported(source: string, name: string): boolean {
  return (
    !name.includes('.') &&
    new RegExp(`importClass\\([\\w.\\s]*\\.${name}\\s*\\)`).test(source) &&
    !declares(source, name)
  );
}

function isPackage({ classes }: KnownToScripts, name: string): boolean {
  // What is no path is worked out by the script.
  return (
    !/^[a-z]\w*(?:\.\w+)+$/.test(name) ||
    [...classes.keys()].some((path) => path === name || path.startsWith(`${name}.`))
  );
}

function checkNames(
  place: string,
  kind: string,
  named: readonly Named[],
  known: ReadonlySet<string>,
  shown = (name: string) => name,
): void {
  const unknown = named.find(({ name }) => !known.has(name));
  if (unknown !== undefined) {
    const names = [...known].sort().join(', ');
    throw new InvalidSetting(
      `${place}:${unknown.line}: ${kind}`,
      shown(unknown.name),
      names === '' ? 'none is declared' : names,
    );
  }
}
