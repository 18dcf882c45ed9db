import { Buffer } from 'node:buffer';
import { RuleSqlFailure } from '../errors.ts';
import type { CastType, Expression, SelectItem, SelectStatement, SqlValue } from './ast.ts';
import type { Evaluation } from './evaluation.ts';
import { FUNCTIONS } from './functions.ts';
import { sqlError } from './lexer.ts';
import { OPERATORS } from './operators.ts';
import { parseStatement, SqlParser } from './parser.ts';
import { equals, isArray, isObject, member, toBoolean, toDecimal, toInt, toText } from './values.ts';

type Compiled = (evaluation: Evaluation) => SqlValue;

export interface CompiledStatement {
  readonly from: string | undefined;
  /** The outgoing payload, or undefined when WHERE does not hold. Throws `RuleSqlFailure`. */
  run(evaluation: Evaluation): Buffer | undefined;
}

/** Reads and compiles once; running costs closures only. Throws `AwsError` SqlParseException. */
export function compileStatement(sql: string): CompiledStatement {
  const statement = parseStatement(sql);
  const where = statement.where === undefined ? undefined : compile(statement.where);
  const output = compileSelect(statement.select);

  return {
    from: statement.from,
    run: (evaluation) =>
      where === undefined || toBoolean(where(evaluation)) === true ? output(evaluation) : undefined,
  };
}

/** `rule/${topic(3)}` → text; what is Undefined becomes nothing, as AWS says of Undefined by itself. */
export function compileTemplate(template: string): (evaluation: Evaluation) => string {
  const parts: (string | Compiled)[] = [];
  let position = 0;
  for (;;) {
    const opening = template.indexOf('${', position);
    parts.push(template.slice(position, opening === -1 ? undefined : opening));
    if (opening === -1) break;
    const parser = new SqlParser(template, opening + 2);
    parts.push(compile(parser.expression()));
    if (template[parser.position] !== '}') throw sqlError('expected }', parser.position);
    position = parser.position + 1;
  }

  return (evaluation) =>
    parts.map((part) => (typeof part === 'string' ? part : (toText(part(evaluation)) ?? ''))).join('');
}

function compileSelect(select: SelectStatement['select']): (evaluation: Evaluation) => Buffer {
  if ('value' in select) {
    const value = compile(select.value);
    return (evaluation) => {
      const text = JSON.stringify(value(evaluation));
      if (text === undefined) throw new RuleSqlFailure('SELECT VALUE is Undefined: there is no payload to send');
      return Buffer.from(text, 'utf8');
    };
  }
  // `SELECT *` alone passes the bytes on, JSON or not.
  if (select.items.length === 1 && select.items[0]?.kind === 'all') return ({ message }) => message.payload;
  const steps = select.items.map(compileItem);

  return (evaluation) => {
    // Without a prototype: a payload may bring a key named __proto__.
    const output: Record<string, SqlValue> = Object.create(null);
    for (const step of steps) step(output, evaluation);
    return Buffer.from(JSON.stringify(output), 'utf8');
  };
}

function compileItem(item: SelectItem): (output: Record<string, SqlValue>, evaluation: Evaluation) => void {
  if (item.kind === 'all') {
    return (output, evaluation) => {
      const payload = evaluation.json();
      if (!isObject(payload)) throw new RuleSqlFailure('SELECT * beside other items needs a payload that is an object');
      Object.assign(output, payload);
    };
  }
  const value = compile(item.value);
  const parents = item.as.slice(0, -1);
  const key = item.as.at(-1) as string;

  return (output, evaluation) => {
    let target = output;
    for (const parent of parents) {
      const inner = Object.hasOwn(target, parent) ? target[parent] : undefined;
      target = target[parent] = isObject(inner) ? { ...inner } : {};
    }
    target[key] = value(evaluation);
  };
}

function compile(expression: Expression): Compiled {
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression;
      return () => value;
    }
    case 'attribute': {
      const { name } = expression;
      return (evaluation) => member(evaluation.json(), name);
    }
    case 'member': {
      const [of, { name }] = [compile(expression.of), expression];
      return (evaluation) => member(of(evaluation), name);
    }
    case 'index': {
      const [of, at] = [compile(expression.of), compile(expression.at)];
      return (evaluation) => element(of(evaluation), toInt(at(evaluation)));
    }
    case 'encode-payload':
      return ({ message }) => message.payload.toString('base64');
    case 'call': {
      const { run } = FUNCTIONS[expression.name] as (typeof FUNCTIONS)[string];
      const args = expression.args.map(compile);
      return (evaluation) =>
        run(
          args.map((arg) => arg(evaluation)),
          evaluation,
        );
    }
    case 'cast': {
      const [value, convert] = [compile(expression.value), CASTS[expression.to]];
      return (evaluation) => convert(value(evaluation));
    }
    case 'not': {
      const value = compile(expression.value);
      return (evaluation) => {
        const held = toBoolean(value(evaluation));
        return held === undefined ? undefined : !held;
      };
    }
    case 'negate': {
      const value = compile(expression.value);
      return (evaluation) => {
        const number = toDecimal(value(evaluation));
        return number === undefined ? undefined : -number;
      };
    }
    case 'binary': {
      const [left, right, apply] = [
        compile(expression.left),
        compile(expression.right),
        OPERATORS[expression.operator],
      ];
      return (evaluation) => apply(left(evaluation), right(evaluation));
    }
    case 'case':
      return compileCase(expression);
    case 'array': {
      const items = expression.items.map(compile);
      return (evaluation) => items.map((item) => item(evaluation));
    }
    case 'object': {
      const entries = expression.entries.map(({ key, value }) => [key, compile(value)] as const);
      return (evaluation) => Object.fromEntries(entries.map(([key, value]) => [key, value(evaluation)]));
    }
  }
}

function compileCase(expression: Extract<Expression, { kind: 'case' }>): Compiled {
  const value = compile(expression.value);
  const branches = expression.branches.map(({ when, result }) => ({ when: compile(when), result: compile(result) }));
  const otherwise = expression.otherwise === undefined ? () => undefined : compile(expression.otherwise);

  return (evaluation) => {
    const wanted = value(evaluation);
    if (wanted === undefined) return undefined;
    const branch = branches.find(({ when }) => equals(wanted, when(evaluation)) === true);

    return branch === undefined ? otherwise(evaluation) : branch.result(evaluation);
  };
}

const CASTS: Readonly<Record<CastType, (value: SqlValue) => SqlValue>> = {
  String: toText,
  Decimal: (value) => (typeof value === 'boolean' ? Number(value) : toDecimal(value)),
  Int: (value) => (typeof value === 'boolean' ? Number(value) : toInt(value)),
  Boolean: (value) => (typeof value === 'number' ? value !== 0 : toBoolean(value)),
};

function element(value: SqlValue, index: number | undefined): SqlValue {
  return isArray(value) && index !== undefined ? value[index] : undefined;
}
