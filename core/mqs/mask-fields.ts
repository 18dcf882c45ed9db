import { InvalidSetting } from '../errors.ts';
import { checkDistinct } from '../platform/check-setting.ts';

/** What stands where a value was, whatever it was. */
export const MASK = '"***"';
const MAX_FIELDS = 50;
const MAX_NAME = 128;

/** @throws InvalidSetting @param setting its place and name, for the message */
export function checkFilterFields(setting: string, fields: readonly string[]): readonly string[] {
  const wrong = fields.find((name) => typeof name !== 'string' || name === '' || name.length > MAX_NAME);
  if (wrong !== undefined || fields.length > MAX_FIELDS) {
    throw new InvalidSetting(
      setting,
      wrong ?? fields,
      `up to ${MAX_FIELDS} names of fields, each of 1 to ${MAX_NAME} characters`,
    );
  }
  checkDistinct(setting, fields);

  return fields;
}

/**
 * A JSON text in which the values of these fields are masked, wherever they stand: in objects of any depth, as often as they come, however
 * their names are escaped. Everything else is as it was, byte for byte.
 *
 * @returns undefined for a text that is no JSON, which cannot be masked
 */
export function maskFields(text: string, fields: readonly string[]): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }

  return new Masker(text, new Set(fields)).run();
}

/** Walks a text that is JSON, token by token, without recursion: how deep it is nested is the sender's choice. */
class Masker {
  readonly #text: string;
  readonly #fields: ReadonlySet<string>;
  #at = 0;
  /** Where copying goes on. */
  #from = 0;
  readonly #parts: string[] = [];

  constructor(text: string, fields: ReadonlySet<string>) {
    this.#text = text;
    this.#fields = fields;
  }

  run(): string {
    /** Of each array and object that is open: whether it is an object. */
    const open: boolean[] = [];
    let nameNext = false;
    while (this.#at < this.#text.length) {
      const sign = this.#text[this.#at];
      if (sign === '"') {
        const name = this.#string();
        if (nameNext) {
          nameNext = false;
          if (this.#fields.has(JSON.parse(name) as string)) {
            this.#maskValue();
          }
        }
        continue;
      }
      if (sign === '{' || sign === '[') {
        open.push(sign === '{');
        nameNext = sign === '{';
      } else if (sign === '}' || sign === ']') {
        open.pop();
        nameNext = false;
      } else if (sign === ',') {
        nameNext = open.at(-1) === true;
      }
      this.#at += 1;
    }

    return [...this.#parts, this.#text.slice(this.#from)].join('');
  }

  /** The string that begins here, with its quotes. */
  #string(): string {
    const begin = this.#at;
    this.#at += 1;
    while (this.#text[this.#at] !== '"') {
      this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    }
    this.#at += 1;

    return this.#text.slice(begin, this.#at);
  }

  #maskValue(): void {
    this.#at = this.#text.indexOf(':', this.#at) + 1;
    this.#skipBlanks();
    this.#parts.push(this.#text.slice(this.#from, this.#at), MASK);
    this.#skipValue();
    this.#from = this.#at;
  }

  #skipBlanks(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) {
      this.#at += 1;
    }
  }

  #skipValue(): void {
    let depth = 0;
    do {
      const sign = this.#text[this.#at] as string;
      if (sign === '"') {
        this.#string();
        continue;
      }
      depth += sign === '{' || sign === '[' ? 1 : sign === '}' || sign === ']' ? -1 : 0;
      this.#at += 1;
    } while (depth > 0 || (this.#at < this.#text.length && !this.#endsValue()));
  }

  /** Whether a value that is not nested has ended: `depth` is 0. */
  #endsValue(): boolean {
    const before = this.#text[this.#at - 1] as string;

    return '"}]'.includes(before) || /[,}\] \t\r\n]/.test(this.#text[this.#at] as string);
  }
}
