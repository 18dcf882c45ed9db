import { InvalidSetting } from '../errors.ts';
import type { RunDialect } from './run-dialect.ts';
import { type RunSession, type RunStatement, statement } from './run-session.ts';

/** A table of ours in a target's own database. */
export interface OwnTable {
  readonly name: string;
  /** The statement that makes it, for whoever owns a target whose user may make no tables. */
  readonly create: string;
  /** Reads of it; refused where it is missing. */
  readonly probe: RunStatement;
  /** What the target's user does with its rows. @default 'SELECT, INSERT and UPDATE' */
  readonly rights?: string;
}

/**
 * Makes the table where it is missing.
 *
 * @param task whose target it is, for the message
 * @throws InvalidSetting with the statement to be run by somebody who may
 */
export async function makeOwnTable(
  session: RunSession,
  { faultOf }: Pick<RunDialect, 'faultOf'>,
  task: string,
  { name, create, probe, rights = 'SELECT, INSERT and UPDATE' }: OwnTable,
): Promise<void> {
  try {
    await session.query(probe);
    return;
  } catch (error) {
    if (faultOf(error).kind !== 'lasting') {
      throw error;
    }
  }
  try {
    await make(session, create);
  } catch (error) {
    if (faultOf(error).kind !== 'lasting') {
      throw error;
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidSetting(
      `${task}: target`,
      `a database without the table ${name}, where the user may make none (${reason})`,
      `a table made by its owner, with ${rights} for that user: ${create.replaceAll(/\s+/g, ' ')}`,
    );
  }
}

/**
 * Runs a `CREATE … IF NOT EXISTS`, and once more where it fails: PostgreSQL's fails where another session makes the same at this moment, as soon as
 * that has made it.
 */
export async function make(session: RunSession, definition: string): Promise<void> {
  try {
    await session.change(statement(definition));
  } catch {
    await session.change(statement(definition));
  }
}
