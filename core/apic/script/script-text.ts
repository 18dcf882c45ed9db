const VARIABLE = /#\{([^{}]{1,64})\}/g;

/** Puts values in the place of `#{variables}`: as the inside of a string, whatever its quotes. Unknown ones stay. */
export function withVariables(source: string, values: ReadonlyMap<string, string>): string {
  return source.replaceAll(VARIABLE, (text, name: string) => {
    const value = values.get(name);

    return value === undefined ? text : JSON.stringify(value).slice(1, -1).replaceAll("'", "\\'");
  });
}
