import { InvalidSetting } from '../errors.ts';

/**
 * A filter over the fields of a payload, as AWS IoT's SQL takes it after WHERE, made so that it cannot fail: whatever the payload is, it holds or
 * it does not, and for a payload that is no JSON it never holds.
 *
 * A name of a field in a rule's SQL makes AWS parse the payload, and drop the message where that fails. So each becomes
 * `get(decode(encode(*, 'base64'), 'base64'), 'name')`: `decode` answers the value of a JSON document and the text of anything else, and
 * `get` of a text is Undefined. AND, OR and NOT of Undefined are Undefined, `a = 1 OR b = 2` without a `b` too: so each comparison is made
 * to hold or not. A text is told from all else by being what it is as a text. D:iot/latest/developerguide/iot-sql-functions
 */
export interface RuleFilter {
  /** What stands after WHERE. */
  readonly sql: string;
}

type Word =
  | { readonly kind: 'name' | 'number' | 'text' | 'symbol'; readonly text: string; readonly at: number }
  | { readonly kind: 'end'; readonly text: ''; readonly at: number };

const TOKEN =
  /\s*(?:([A-Za-z_]\w*)|(-?\d+(?:\.\d+)?)(?![\w.])|'([^'"\\\p{Cc}$]*)'|(<>|<=|>=|[=<>().,[\]])|(\S))|\s+$/uy;
const MAX_LENGTH = 1000;
const MAX_DEPTH = 20;
const MAX_LEVELS = 8;
const MAX_INDEX = 9999;
const PAYLOAD = "decode(encode(*, 'base64'), 'base64')";
/** Not a text, which `decode` answers for what is no JSON. */
const IS_JSON = `NOT (${PAYLOAD} = concat(${PAYLOAD}, ''))`;
const COMPARISONS: readonly string[] = ['=', '<>', '<', '<=', '>', '>='];
/** What takes one field and answers a text or a number; of a value that has none, Undefined. */
const FUNCTIONS: readonly string[] = ['lower', 'upper', 'trim', 'length', 'abs'];
const TESTS: readonly string[] = ['isundefined', 'isnull'];
const TEXT_TESTS: readonly string[] = ['startswith', 'endswith'];
const KEYWORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'true', 'false']);
const ALLOWED =
  "comparisons (=, <>, <, <=, >, >=) of fields (status, data.level, list[0]) with numbers, 'texts' without quotes, TRUE and FALSE; " +
  'startswith(field, text), endswith(field, text), isUndefined(field), isNull(field); lower, upper, trim, length and abs of a field; ' +
  'joined by AND, OR, NOT and brackets';

/**
 * Reads a filter as people write it: `status = '1' AND battery < 20`.
 *
 * @param setting its place and name, for the message
 * @throws InvalidSetting saying where it is wrong, and what is allowed
 */
export function ruleFilter(setting: string, where: string): RuleFilter {
  const refuse = (problem: string): never => {
    throw new InvalidSetting(setting, where, `${ALLOWED}. ${problem}`);
  };
  if (typeof where !== 'string' || where.length > MAX_LENGTH) {
    return refuse(`It has at most ${MAX_LENGTH} characters.`);
  }

  return Object.freeze({ sql: new FilterReader(where, refuse).read() });
}

/** Where a comparison is Undefined, it does not hold. */
function total(comparison: string): string {
  return `(CASE isUndefined(${comparison}) WHEN TRUE THEN FALSE ELSE ${comparison} END)`;
}

class FilterReader {
  readonly #source: string;
  readonly #refuse: (problem: string) => never;
  #position = 0;
  #word: Word;

  constructor(source: string, refuse: (problem: string) => never) {
    this.#source = source;
    this.#refuse = refuse;
    this.#word = this.#next();
  }

  read(): string {
    const sql = this.#or(0);
    if (this.#word.kind !== 'end') {
      this.#unexpected();
    }

    return `${IS_JSON} AND (${sql})`;
  }

  #or(depth: number): string {
    if (depth > MAX_DEPTH) {
      this.#refuse(`It is nested at most ${MAX_DEPTH} deep.`);
    }
    const parts = [this.#and(depth)];
    while (this.#takeName('or')) {
      parts.push(this.#and(depth));
    }

    return parts.join(' OR ');
  }

  #and(depth: number): string {
    const parts = [this.#not(depth)];
    while (this.#takeName('and')) {
      parts.push(this.#not(depth));
    }

    return parts.join(' AND ');
  }

  #not(depth: number): string {
    if (this.#takeName('not')) {
      return `NOT (${this.#not(depth + 1)})`;
    }
    if (this.#takeSymbol('(')) {
      const inner = this.#or(depth + 1);
      this.#expectSymbol(')');

      return `(${inner})`;
    }

    return this.#test();
  }

  #test(): string {
    const { kind, text } = this.#word;
    const name = text.toLowerCase();
    if (kind === 'name' && this.#isCall() && (TESTS.includes(name) || TEXT_TESTS.includes(name))) {
      this.#take();
      this.#expectSymbol('(');
      const value = this.#field();
      const more = TEXT_TESTS.includes(name) ? `, ${this.#textAfterComma()}` : '';
      this.#expectSymbol(')');

      return more === '' ? `${name}(${value})` : total(`${name}(${value}${more})`);
    }
    const left = this.#operand();
    const operator = this.#word.kind === 'symbol' && COMPARISONS.includes(this.#word.text) ? this.#take().text : '';
    if (operator === '') {
      this.#unexpected('a comparison expected');
    }

    return total(`${left} ${operator} ${this.#operand()}`);
  }

  #textAfterComma(): string {
    this.#expectSymbol(',');
    if (this.#word.kind !== 'text') {
      this.#unexpected('a text in quotes expected');
    }

    return `'${this.#take().text}'`;
  }

  #operand(): string {
    const { kind, text } = this.#word;
    if (kind === 'number') {
      return this.#take().text;
    }
    if (kind === 'text') {
      return `'${this.#take().text}'`;
    }
    const name = text.toLowerCase();
    if (kind === 'name' && (name === 'true' || name === 'false')) {
      return this.#take().text.toUpperCase();
    }
    if (kind === 'name' && this.#isCall()) {
      if (!FUNCTIONS.includes(name)) {
        this.#unexpected(`the function ${text} is not known here`);
      }
      this.#take();
      this.#expectSymbol('(');
      const value = this.#field();
      this.#expectSymbol(')');

      return `${name}(${value})`;
    }

    return this.#field();
  }

  /** `data.list[0].level` */
  #field(): string {
    let sql = `get(${PAYLOAD}, '${this.#name()}')`;
    for (let level = 1; ; level += 1) {
      if (level > MAX_LEVELS) {
        this.#refuse(`A field is at most ${MAX_LEVELS} levels deep.`);
      }
      if (this.#takeSymbol('.')) {
        sql = `get(${sql}, '${this.#name()}')`;
      } else if (this.#takeSymbol('[')) {
        sql = `get(${sql}, ${this.#index()})`;
        this.#expectSymbol(']');
      } else {
        return sql;
      }
    }
  }

  #name(): string {
    if (this.#word.kind !== 'name' || KEYWORDS.has(this.#word.text.toLowerCase())) {
      this.#unexpected('the name of a field expected');
    }

    return this.#take().text;
  }

  #index(): string {
    const { kind, text } = this.#word;
    if (kind !== 'number' || !/^\d+$/.test(text) || Number(text) > MAX_INDEX) {
      this.#unexpected(`a whole number from 0 to ${MAX_INDEX} expected`);
    }

    return String(Number(this.#take().text));
  }

  #isCall(): boolean {
    return /^\s*\(/.test(this.#source.slice(this.#position));
  }

  #takeName(name: string): boolean {
    const found = this.#word.kind === 'name' && this.#word.text.toLowerCase() === name;
    if (found) {
      this.#take();
    }

    return found;
  }

  #takeSymbol(symbol: string): boolean {
    const found = this.#word.kind === 'symbol' && this.#word.text === symbol;
    if (found) {
      this.#take();
    }

    return found;
  }

  #expectSymbol(symbol: string): void {
    if (!this.#takeSymbol(symbol)) {
      this.#unexpected(`${symbol} expected`);
    }
  }

  #take(): Word {
    const word = this.#word;
    this.#word = this.#next();

    return word;
  }

  #next(): Word {
    TOKEN.lastIndex = this.#position;
    const match = TOKEN.exec(this.#source);
    const [whole = '', name, number, text, symbol, other] = match ?? [];
    const at = this.#position + whole.length - whole.trimStart().length;
    this.#position += whole.length;
    if (name !== undefined) return { kind: 'name', text: name, at };
    if (number !== undefined) return { kind: 'number', text: number, at };
    if (text !== undefined) return { kind: 'text', text, at };
    if (symbol !== undefined) return { kind: 'symbol', text: symbol, at };
    if (other !== undefined) return this.#refuse(`${JSON.stringify(other)} at character ${at + 1} is not allowed.`);

    return { kind: 'end', text: '', at: this.#source.length };
  }

  #unexpected(wanted?: string): never {
    const { kind, text, at } = this.#word;
    const found = kind === 'end' ? 'it ends' : `${JSON.stringify(text)} is not expected`;

    return this.#refuse(`At character ${at + 1} ${found}${wanted === undefined ? '' : `: ${wanted}`}.`);
  }
}
