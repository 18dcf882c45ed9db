import { InvalidSetting } from '../errors.ts';
import type { SqlValue } from './bound-statement.ts';
import type { AuthorizerContext } from './custom-authorizer.ts';

/** The values of declared parameters; an absent one is undefined. */
export type FunctionParameters = Readonly<Record<string, string | number | boolean | undefined>>;

/** A call, as a function API gets it. */
export interface FunctionRequest<Parameters = FunctionParameters> {
  readonly method: string;
  /** As the caller sent it, behind stage or base path: `/orders/17`. */
  readonly path: string;
  /** Those the API declares, checked and of their types. */
  readonly parameters: Parameters;
  /** Everything in the query; one value is a text, several are a list. */
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  /** Names in lower case; several values of one name joined with commas, as HTTP joins them. */
  readonly headers: Readonly<Record<string, string>>;
  /** What a JSON body holds, the fields of a form, otherwise the text; `""` when there is none. */
  readonly body: unknown;
  /** The body as it arrived. */
  readonly bytes: Uint8Array;
}

/** What a function API works with. */
export interface FunctionContext {
  /** 32 hexadecimal digits: in the answer's `X-Request-Id` and in every log line. */
  readonly requestId: string;
  /** The app that calls; empty where anyone may. */
  readonly app: string;
  /** What a custom authorizer says of the caller; of a principal of AWS `userArn`, `accountId` and `caller`. */
  readonly authorizer: AuthorizerContext;
  /** The platform's database, as the user of the APIs: it sees the tables that `reads` and `writes` name. */
  readonly database: FunctionDatabase;
  /**
   * A database or a Redis that the stack declares in `sources`. One session a call, a statement at a time; a transaction that is open when the
   * call is answered is rolled back.
   *
   * @throws InvalidSetting for a name the stack does not declare
   */
  source(name: string): FunctionSource;
  readonly variables: Readonly<Record<string, string>>;
  /** Current values; a rotated one shows within five minutes. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly log: FunctionLog;
  /**
   * Aborted a little before the call is answered 504, and once it is answered: `fetch(url, { signal })`. Transactions that are open then are
   * taken back, and no statement runs any more.
   */
  readonly signal: AbortSignal;
  /** Milliseconds until Lambda ends the function; the call is answered 504 half a second before. */
  remainingMs(): number;
}

/** Lines of the function's log, each with the call's request id. */
export interface FunctionLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** A value, or several of them for `IN (…)`. */
type SqlArgument = SqlValue | readonly SqlValue[];

/**
 * Statements whose values are always bound: a tagged template, or a text with a `?` for each value.
 *
 * Rows are objects by column name. Integers are numbers, those beyond 2^53 texts; DECIMAL, dates and times are texts.
 */
export interface FunctionStatements {
  query<Row extends object = Readonly<Record<string, unknown>>>(
    statement: TemplateStringsArray,
    ...values: readonly SqlArgument[]
  ): Promise<readonly Row[]>;
  query<Row extends object = Readonly<Record<string, unknown>>>(
    statement: string,
    values?: readonly SqlArgument[],
  ): Promise<readonly Row[]>;
  /** @returns how many rows it inserted, changed or deleted */
  execute(statement: TemplateStringsArray, ...values: readonly SqlArgument[]): Promise<number>;
  execute(statement: string, values?: readonly SqlArgument[]): Promise<number>;
}

export interface FunctionDatabase extends FunctionStatements {
  /** Runs `work` as one transaction: what it throws takes everything back. */
  transaction<Result>(work: (statements: FunctionStatements) => Promise<Result>): Promise<Result>;
}

/**
 * A source that the stack declares. Rows are objects by column name, their values as JSON has them: numbers (text where digits would be lost),
 * dates and times as text, bytes as base64. In PostgreSQL `??` is the operator `?`. What a source refuses is thrown in its own words.
 */
export interface FunctionSource extends FunctionStatements {
  /** What the source answers: rows, a number of rows; of Redis whatever a command answers, `run('SET ? ?', key, text)`. */
  run(statement: string, ...values: readonly SqlValue[]): Promise<unknown>;
}

/** The default export of a function API's module. */
export type ApiFunction<Parameters = FunctionParameters> = (
  request: FunctionRequest<Parameters>,
  context: FunctionContext,
) => unknown;

const CODE = /^(?!APIC\.|CAUSEWAY\.)[A-Z][A-Z0-9_.-]{1,63}$/;

/** Thrown by a function API to refuse a call: the caller gets status, code and message. Anything else it throws is 500 and says nothing. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused';
  readonly status: number;
  readonly code: string;

  /**
   * @param status 400 to 499
   * @param message for the caller
   * @param options.code the answer's `error_code`, `FUNCTION.0404` for 404 where nothing is said; `cause` is for the log
   */
  constructor(status: number, message: string, options: { readonly code?: string; readonly cause?: unknown } = {}) {
    const { code = `FUNCTION.0${status}`, cause } = options;
    super(message, cause === undefined ? undefined : { cause });
    if (!Number.isInteger(status) || status < 400 || status > 499) {
      throw new InvalidSetting('CallRefused: status', status, 'a whole number from 400 to 499');
    }
    if (!CODE.test(code)) {
      throw new InvalidSetting('CallRefused: code', code, 'capitals, digits, `_`, `.`, `-`; not APIC.… or CAUSEWAY.…');
    }
    this.status = status;
    this.code = code;
  }
}
