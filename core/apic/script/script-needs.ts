/** Something a script names, and where. */
export interface Named {
  readonly name: string;
  readonly line: number;
}

/** What a script asks for by name. */
export interface ScriptNeeds {
  /** Paths of classes. */
  readonly classes: readonly Named[];
  /** Packages of `importPackage` and `JavaImporter`, and classes in their place. */
  readonly packages: readonly Named[];
  /** `Class.member`, by the class's path or by its name. */
  readonly members: readonly (Named & { readonly member: string })[];
  /** `new Class`, by its name, also where its path stands before it. */
  readonly made: readonly Named[];
  /** `#{variables}`. */
  readonly variables: readonly Named[];
  readonly passwords: readonly Named[];
  readonly certificates: readonly Named[];
  /** Of the language of the reference system, and not there: `for each`, `Java.extend`; and uploads. */
  readonly syntax: readonly Named[];
}

/** Comments, and texts and expressions so that what looks like one of the others in them is none. */
const NO_CODE = new RegExp(
  [
    /\/\*[\s\S]*?\*\//,
    /\/\/[^\n]*/,
    /"(?:\\.|[^"\\\n])*"/,
    /'(?:\\.|[^'\\\n])*'/,
    /`(?:\\[\s\S]|[^`\\])*`/,
    // Where a value begins: anywhere else it is a division.
    /(?<=(?:^|[(,=:[!&|?{};\n]|\breturn)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);
const ROOTS =
  'com\\.(?:roma|huawei|alibaba|google|fasterxml)|java|javax|okhttp3|net\\.sf|org\\.(?:json|apache|slf4j|bouncycastle)';
const PATH = `(?:${ROOTS})(?:\\.[a-z_]\\w*)*\\.[A-Z]\\w*`;
const CLASS = new RegExp(`(?<![\\w.$])(?:Packages\\.)?(${PATH})`, 'g');
const CLASS_MEMBER = new RegExp(`(?<![\\w.$])(?:Packages\\.)?(${PATH}|[A-Z]\\w*)\\.(\\w+)`, 'g');
const TYPE = /\bJava\.type\(\s*(["'])([^"'\n]+)\1/g;
const IMPORT = /\b(?:importPackage|JavaImporter)\s*\(([^()]*)\)/g;
const MADE = /\bnew\s+(?:[a-z]\w*\.)*([A-Z]\w*)/g;
const VARIABLE = /#\{([^{}]{1,64})\}/g;
const PASSWORD = /\bgetPlainCipherText\(\s*(["'])([^"'\n]+)\1\s*\)/g;
const CERTIFICATE = /\bgetPlainCertificate\(\s*(["'])([^"'\n]+)\1\s*\)/g;
const SYNTAX = /\bfor\s+each\b(?=\s*\()|\bJava\.(?!type\b|from\b|to\b)\w+|\bgetFileItem\b(?=\s*\()/g;

export function scriptNeeds(source: string): ScriptNeeds {
  // Both as long as the source, so that a place in one is a place in the other.
  const code = source.replaceAll(NO_CODE, (text) => (/^\/[/*]/.test(text) ? blank(text) : text));
  const bare = code.replaceAll(NO_CODE, blank);
  const named = (text: string, pattern: RegExp, group: number): Named[] =>
    [...text.matchAll(pattern)].map((match) => ({
      name: match[group] as string,
      line: lineAt(source, match.index),
    }));

  return {
    classes: [
      ...named(bare, CLASS, 1),
      ...named(code, TYPE, 2).filter(({ name }) => name.includes('.') && !name.endsWith(']')),
    ],
    packages: [...bare.matchAll(IMPORT)].flatMap((match) =>
      (match[1] as string)
        .split(',')
        .map((name) => ({ name: name.trim().replace(/^Packages\./, ''), line: lineAt(source, match.index) }))
        .filter(({ name }) => name !== ''),
    ),
    members: [...bare.matchAll(CLASS_MEMBER)].map((match) => ({
      name: match[1] as string,
      member: match[2] as string,
      line: lineAt(source, match.index),
    })),
    made: named(bare, MADE, 1),
    variables: named(code, VARIABLE, 1),
    passwords: named(code, PASSWORD, 2),
    certificates: named(code, CERTIFICATE, 2),
    syntax: named(bare, SYNTAX, 0),
  };
}

/** Whether a script has something of its own by this name. */
export function declares(source: string, name: string): boolean {
  return new RegExp(`\\b(?:function|var|let|const|class)\\s+${name}\\b|\\b${name}\\s*=[^=]`).test(source);
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

function lineAt(source: string, index: number): number {
  return source.slice(0, index).split('\n').length;
}
