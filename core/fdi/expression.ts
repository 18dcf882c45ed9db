import jsonata from 'jsonata';
import { InvalidSetting } from '../errors.ts';
import { excerpt } from './rejection.ts';
import type { TopicTask } from './topic-task.ts';

/** Computes a value from what a reader of the message sees; `undefined` when there is none. @throws Error that says why it cannot */
export type Evaluate = (view: unknown) => Promise<unknown>;

/** @throws InvalidSetting for a text that is no expression */
export type CompileExpression = (text: string, where: string) => Evaluate;

/**
 * Of one evaluation: its time in ms (a busy machine must not turn good messages away), how deep functions may call one another, and how long
 * a list may grow.
 */
const LIMITS = { timeout: 2000, stack: 200, sequence: 100_000 };
const MAX_CHARACTERS = 4000;

/** An expression that a message has no value for. */
export class NoValue extends Error {
  override readonly name = 'NoValue';
}

/** A JSONata expression (https://docs.jsonata.org). `$eval` is not there: what a device sends is no code. */
export const compileExpression: CompileExpression = (text, where) => {
  if (text.length > MAX_CHARACTERS) {
    throw new InvalidSetting(where, `${text.length} characters`, `a JSONata expression of at most ${MAX_CHARACTERS}`);
  }
  const expression = parsed(text, where);
  expression.assign('eval', undefined);

  return async (view) => {
    try {
      return await expression.evaluate(view);
    } catch (error) {
      throw new NoValue(`${excerpt(text)} has no value here: ${messageOf(error)}`);
    }
  };
};

/**
 * Refuses a task with a text that is no expression.
 *
 * @param where the task's place, for the message
 * @throws InvalidSetting
 */
export function checkExpressions({ mapping }: Pick<TopicTask, 'mapping'>, where: string): void {
  for (const entry of mapping === 'by-name' ? [] : mapping) {
    if ('expression' in entry) {
      compileExpression(entry.expression, `${where}: mapping[${entry.column}]: expression`);
    }
  }
}

function parsed(text: string, where: string): jsonata.Expression {
  try {
    return jsonata(text, LIMITS);
  } catch (error) {
    throw new InvalidSetting(where, text, `a JSONata expression: ${messageOf(error)}`);
  }
}

/** What its author needs: the library's words, where in the text, and its code for a search. */
function messageOf(error: unknown): string {
  const { message, code, position } = error as Partial<jsonata.JsonataError>;
  const at = position === undefined ? '' : `, character ${position}`;

  return `${message ?? String(error)}${code === undefined ? '' : ` (${code}${at})`}`;
}
