/** `${Name}` or `${Name.Attribute}`; `${!Literal}` stays a literal. */
const VARIABLE = /\$\{([^}]*)\}/g;

/** The variables of an `Fn::Sub` text, literals left out. */
export function subVariables(text: string): readonly string[] {
  return [...text.matchAll(VARIABLE)]
    .map((match) => (match[1] as string).trim())
    .filter((name) => !name.startsWith('!'));
}

/** Replaces the variables of an `Fn::Sub` text. Ref: AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub */
export function substitute(text: string, value: (variable: string) => string): string {
  return text.replace(VARIABLE, (_, name: string) =>
    name.startsWith('!') ? `\${${name.slice(1)}}` : value(name.trim()),
  );
}
