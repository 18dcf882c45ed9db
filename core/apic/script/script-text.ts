import { InvalidSetting } from '../../errors.ts';

/** The reference system's limit, in bytes of UTF-8. */
export const MAX_SCRIPT_BYTES = 32 * 1024;

const VARIABLE = /#\{([^{}]{1,64})\}/g;
const CLASS = /\b(?:Packages\.)?(com\.(?:roma|huawei)(?:\.\w+)+\.[A-Z]\w*)/g;
/** Comments, and strings so that what looks like a comment in one is none. */
const COMMENT_OR_STRING = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g;

/** What a script asks for by name: classes of the reference system, and `#{variables}`. */
export interface ScriptNeeds {
  readonly classes: readonly string[];
  readonly variables: readonly string[];
}

export function scriptNeeds(source: string): ScriptNeeds {
  const code = source.replaceAll(COMMENT_OR_STRING, (text) => (text.startsWith('/') ? ' ' : text));

  return {
    classes: [...new Set([...code.matchAll(CLASS)].map(([, name]) => name as string))],
    variables: [...new Set([...code.matchAll(VARIABLE)].map(([, name]) => name as string))],
  };
}

/**
 * Refuses at synthesis what would fail at the first call.
 *
 * @param place names the script in messages
 * @throws InvalidSetting for a script that is too long or asks for a class or a variable that is not there
 */
export function checkScript(
  place: string,
  source: string,
  known: { readonly classes: ReadonlySet<string>; readonly variables: ReadonlySet<string> },
): void {
  const bytes = Buffer.byteLength(source);
  if (bytes > MAX_SCRIPT_BYTES) {
    throw new InvalidSetting(place, `${bytes} bytes`, `a script of at most ${MAX_SCRIPT_BYTES} bytes`);
  }
  const needs = scriptNeeds(source);
  const unknownClass = needs.classes.find((name) => !known.classes.has(name));
  if (unknownClass !== undefined) {
    throw new InvalidSetting(`${place}: class`, unknownClass, [...known.classes].sort().join(', '));
  }
  const unknownVariable = needs.variables.find((name) => !known.variables.has(name));
  if (unknownVariable !== undefined) {
    const names = [...known.variables].sort().join(', ');
    throw new InvalidSetting(`${place}: variable`, `#{${unknownVariable}}`, names === '' ? 'none is declared' : names);
  }
}

/** Puts values in the place of `#{variables}`: as the inside of a string, whatever its quotes. Unknown ones stay. */
export function withVariables(source: string, values: ReadonlyMap<string, string>): string {
  return source.replaceAll(VARIABLE, (text, name: string) => {
    const value = values.get(name);

    return value === undefined ? text : JSON.stringify(value).slice(1, -1).replaceAll("'", "\\'");
  });
}
