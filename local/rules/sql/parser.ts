import type { BinaryOperator, CastType, Expression, SelectItem, SelectStatement, SqlValue } from './ast.ts';
import { FUNCTIONS } from './functions.ts';
import { sqlError, type Token, tokenAt } from './lexer.ts';

const CAST_TYPES: Readonly<Record<string, CastType>> = {
  string: 'String',
  nvarchar: 'String',
  text: 'String',
  ntext: 'String',
  varchar: 'String',
  int: 'Int',
  integer: 'Int',
  double: 'Decimal',
  decimal: 'Decimal',
  bool: 'Boolean',
  boolean: 'Boolean',
};

/** Weakest first; NOT stands between AND and the comparisons. */
const COMPARISONS: readonly BinaryOperator[] = ['=', '<>', '<=', '>=', '<', '>'];
const SUMS: readonly BinaryOperator[] = ['+', '-'];
const PRODUCTS: readonly BinaryOperator[] = ['*', '/', '%'];

/** Words of SQL that a statement may not use as an attribute, so that what is not run is refused and not misread. */
const REFUSED = ['EXISTS', 'IN', 'LIKE', 'BETWEEN', 'IS', 'GROUP', 'ORDER', 'LIMIT', 'JOIN', 'SET', 'SELECT'];
const KEYWORDS = ['FROM', 'WHERE', 'AS', 'AND', 'OR', 'NOT', 'CASE', 'WHEN', 'THEN', 'ELSE', 'END', ...REFUSED];

/**
 * Reads a rule's statement. Throws `AwsError` SqlParseException, naming what is wrong or what is not supported.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-reference.html, version 2016-03-23.
 */
export function parseStatement(sql: string): SelectStatement {
  const parser = new SqlParser(sql, 0);
  const statement = parser.statement();
  parser.expectEnd();

  return statement;
}

export class SqlParser {
  readonly #source: string;
  #token: Token;

  constructor(source: string, position: number) {
    this.#source = source;
    this.#token = tokenAt(source, position);
  }

  /** Where the token begins that was not consumed. */
  get position(): number {
    return this.#token.at;
  }

  statement(): SelectStatement {
    this.#expectWord('SELECT');
    const select = this.#takeWord('VALUE') ? { value: this.expression() } : { items: this.#items() };
    const from = this.#takeWord('FROM') ? this.#string('a quoted topic filter') : undefined;
    const where = this.#takeWord('WHERE') ? this.expression() : undefined;

    return { select, ...(from === undefined ? {} : { from }), ...(where === undefined ? {} : { where }) };
  }

  expression(): Expression {
    let left = this.#conjunction();
    while (this.#takeWord('OR')) left = { kind: 'binary', operator: 'OR', left, right: this.#conjunction() };

    return left;
  }

  expectEnd(): void {
    if (this.#token.kind !== 'end') throw this.#unexpected();
  }

  #items(): readonly SelectItem[] {
    const items: SelectItem[] = [];
    do {
      items.push(this.#takeSymbol('*') ? { kind: 'all' } : this.#named());
    } while (this.#takeSymbol(','));

    return items;
  }

  #named(): SelectItem {
    const { at } = this.#token;
    const value = this.expression();
    if (this.#takeWord('AS')) return { kind: 'named', value, as: this.#alias() };
    const name = value.kind === 'attribute' || value.kind === 'member' ? value.name : undefined;
    if (name === undefined) throw sqlError('an expression needs a name (AS …)', at);

    return { kind: 'named', value, as: [name] };
  }

  #alias(): readonly string[] {
    const parts: string[] = [];
    do {
      if (this.#token.kind !== 'name' && this.#token.kind !== 'string') throw this.#unexpected();
      parts.push(this.#next().text);
    } while (this.#takeSymbol('.'));

    return parts;
  }

  #conjunction(): Expression {
    let left = this.#negation();
    while (this.#takeWord('AND')) left = { kind: 'binary', operator: 'AND', left, right: this.#negation() };

    return left;
  }

  #negation(): Expression {
    return this.#takeWord('NOT') ? { kind: 'not', value: this.#negation() } : this.#comparison();
  }

  #comparison(): Expression {
    return this.#chain(COMPARISONS, () => this.#chain(SUMS, () => this.#chain(PRODUCTS, () => this.#unary())));
  }

  #chain(operators: readonly BinaryOperator[], operand: () => Expression): Expression {
    let left = operand();
    for (;;) {
      const operator = operators.find((candidate) => this.#takeSymbol(candidate));
      if (operator === undefined) return left;
      left = { kind: 'binary', operator, left, right: operand() };
    }
  }

  #unary(): Expression {
    return this.#takeSymbol('-') ? { kind: 'negate', value: this.#unary() } : this.#postfix();
  }

  #postfix(): Expression {
    let value = this.#primary();
    for (;;) {
      if (this.#takeSymbol('.')) {
        if (this.#token.kind !== 'name') throw this.#unexpected();
        value = { kind: 'member', of: value, name: this.#next().text };
      } else if (this.#takeSymbol('[')) {
        value = { kind: 'index', of: value, at: this.expression() };
        this.#expectSymbol(']');
      } else return value;
    }
  }

  #primary(): Expression {
    const { kind, text } = this.#token;
    if (kind === 'number') return { kind: 'literal', value: Number(this.#next().text) };
    if (kind === 'string') return { kind: 'literal', value: this.#next().text };
    if (kind === 'name') return this.#word();
    if (this.#takeSymbol('(')) {
      const inner = this.expression();
      this.#expectSymbol(')');
      return inner;
    }
    if (this.#takeSymbol('[')) return { kind: 'array', items: this.#list(']', () => this.expression()) };
    if (this.#takeSymbol('{')) return { kind: 'object', entries: this.#list('}', () => this.#entry()) };
    throw text === '*' ? this.#unsupported("* other than in SELECT * and encode(*, 'base64')") : this.#unexpected();
  }

  #word(): Expression {
    const literal: Readonly<Record<string, SqlValue>> = { NULL: null, TRUE: true, FALSE: false };
    const upper = this.#token.text.toUpperCase();
    if (upper === 'CASE') return this.#case();
    if (REFUSED.includes(upper)) throw this.#unsupported(upper === 'SELECT' ? 'a nested SELECT' : upper);
    if (KEYWORDS.includes(upper)) throw this.#unexpected();
    if (Object.hasOwn(literal, upper)) {
      this.#next();
      return { kind: 'literal', value: literal[upper] };
    }
    const name = this.#next();

    return this.#takeSymbol('(') ? this.#call(name) : { kind: 'attribute', name: name.text };
  }

  #call(name: Token): Expression {
    const lower = name.text.toLowerCase();
    if (lower === 'cast') return this.#cast();
    if (lower === 'encode' && this.#takeSymbol('*')) {
      this.#expectSymbol(',');
      this.#base64(name);
      this.#expectSymbol(')');
      return { kind: 'encode-payload' };
    }
    const known = Object.hasOwn(FUNCTIONS, lower) ? FUNCTIONS[lower] : undefined;
    if (known === undefined) throw sqlError(`the function ${name.text}() is not supported`, name.at);
    const args = this.#list(')', () => this.expression());
    const [minimum, maximum] = known.arguments;
    if (args.length < minimum || args.length > maximum) {
      throw sqlError(
        `${name.text}() takes ${minimum === maximum ? minimum : `${minimum} to ${maximum}`} arguments, not ${args.length},`,
        name.at,
      );
    }
    const scheme = lower === 'encode' || lower === 'decode' ? args[1] : undefined;
    if (scheme !== undefined && !(scheme.kind === 'literal' && scheme.value === 'base64')) {
      throw sqlError(`${name.text}() knows the scheme 'base64' only`, name.at);
    }

    return { kind: 'call', name: lower, args };
  }

  #base64(name: Token): void {
    if (this.#string('an encoding scheme') !== 'base64')
      throw sqlError(`${name.text}() knows the scheme 'base64' only`, name.at);
  }

  #cast(): Expression {
    const value = this.expression();
    this.#expectWord('AS');
    const { at, text } = this.#next();
    const to = Object.hasOwn(CAST_TYPES, text.toLowerCase()) ? CAST_TYPES[text.toLowerCase()] : undefined;
    if (to === undefined) throw sqlError(`cast() does not know the type ${text}`, at);
    this.#expectSymbol(')');

    return { kind: 'cast', value, to };
  }

  #case(): Expression {
    this.#next();
    const value = this.expression();
    const branches: { when: Expression; result: Expression }[] = [];
    while (this.#takeWord('WHEN')) {
      const when = this.expression();
      this.#expectWord('THEN');
      branches.push({ when, result: this.expression() });
    }
    if (branches.length === 0) throw this.#unexpected();
    const otherwise = this.#takeWord('ELSE') ? this.expression() : undefined;
    this.#expectWord('END');

    return { kind: 'case', value, branches, ...(otherwise === undefined ? {} : { otherwise }) };
  }

  #entry(): { key: string; value: Expression } {
    const key = this.#string('a quoted key');
    this.#expectSymbol(':');

    return { key, value: this.expression() };
  }

  #list<T>(close: string, item: () => T): readonly T[] {
    if (this.#takeSymbol(close)) return [];
    const items: T[] = [];
    do {
      items.push(item());
    } while (this.#takeSymbol(','));
    this.#expectSymbol(close);

    return items;
  }

  #string(what: string): string {
    if (this.#token.kind !== 'string') throw sqlError(`expected ${what}`, this.#token.at);

    return this.#next().text;
  }

  #takeWord(word: string): boolean {
    if (this.#token.kind !== 'name' || this.#token.text.toUpperCase() !== word) return false;
    this.#next();

    return true;
  }

  #takeSymbol(symbol: string): boolean {
    if (this.#token.kind !== 'symbol' || this.#token.text !== symbol) return false;
    this.#next();

    return true;
  }

  #expectWord(word: string): void {
    if (!this.#takeWord(word)) throw sqlError(`expected ${word}`, this.#token.at);
  }

  #expectSymbol(symbol: string): void {
    if (!this.#takeSymbol(symbol)) throw sqlError(`expected ${symbol}`, this.#token.at);
  }

  #next(): Token {
    const token = this.#token;
    this.#token = tokenAt(this.#source, token.end);

    return token;
  }

  #unexpected(): Error {
    const { kind, text, at } = this.#token;

    return sqlError(kind === 'end' ? 'the statement ends too early' : `unexpected ${text}`, at);
  }

  #unsupported(what: string): Error {
    return sqlError(`${what} is not supported`, this.#token.at);
  }
}
