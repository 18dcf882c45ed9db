/** A number as it was written, where a JavaScript number would change it. */
export interface ExactNumber {
  readonly rawJSON: string;
}

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** ECMAScript's "JSON.parse source text access", which TypeScript's library does not declare yet. */
const SourceJson = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown;
  rawJSON(text: string): ExactNumber;
  isRawJSON(value: unknown): value is ExactNumber;
};

/** Doubles hold 15 digits exactly whatever they are; only longer numbers need the slow way. */
const LONG_NUMBER = /\d[\d.]{15,}/;

/** A backslash as JSON writes it. */
const BACKSLASH = /\\\\|\\u005c/i;
const STRINGS = /"((?:[^"\\]|\\.)*)"(\s*:)?/gs;
const SHOWN_CHARACTERS = 40;

/**
 * Parses JSON without changing a digit: numbers that do not fit a double are answered as `ExactNumber`
 * (`JSON.stringify` writes them back as they came).
 *
 * @throws SyntaxError, also for a name that holds a backslash: once V8 has met one, it reads other names wrong, `"\""` as a backslash
 * (nodejs/node#63785, seen in 24.21)
 */
export function parseJson(text: string): unknown {
  const name = BACKSLASH.test(text) ? nameWithBackslash(text) : undefined;
  if (name !== undefined) {
    throw new SyntaxError(
      `a name that holds a backslash cannot be read reliably: "${name.slice(0, SHOWN_CHARACTERS)}"`,
    );
  }

  return LONG_NUMBER.test(text) ? SourceJson.parse(text, keepDigits) : JSON.parse(text);
}

export function isExactNumber(value: unknown): value is ExactNumber {
  return typeof value === 'object' && SourceJson.isRawJSON(value);
}

/** A number of JSON with all its digits. @throws SyntaxError for a text that is none */
export function exactNumber(text: string): ExactNumber {
  return SourceJson.rawJSON(text);
}

/** The first one as it is written. */
function nameWithBackslash(text: string): string | undefined {
  for (const [, string = '', colon] of text.matchAll(STRINGS)) {
    if (colon !== undefined && BACKSLASH.test(string)) {
      return string;
    }
  }

  return undefined;
}

function keepDigits(_key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== 'number' || source === undefined || String(value) === source) {
    return value;
  }

  return SourceJson.rawJSON(source);
}
