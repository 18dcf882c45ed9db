import { InvalidSetting } from '../errors.ts';
import { EXTERNAL_IMAGES, type ImagePlan, type ImageTables, PLATFORM_IMAGES } from './before-image.ts';
import type { RunDialect } from './run-dialect.ts';
import { type RunSession, statement } from './run-session.ts';
import type { DatabasePlace } from './run-source.ts';
import { make } from './target-table.ts';

/** So many rows kept, and a portion of old images is removed, which is as large. */
export const BETWEEN_PORTIONS = 2000;

export function imageTablesOf(place: DatabasePlace): ImageTables {
  return place === 'platform' ? PLATFORM_IMAGES : EXTERNAL_IMAGES;
}

/** How a run, or a consumer, keeps images in the database it writes into. */
export class RunImages {
  readonly #plan: ImagePlan;
  readonly #makeTables: (session: RunSession) => Promise<void>;
  #isPrepared = false;
  #kept = BETWEEN_PORTIONS;

  /** @param task for messages */
  constructor(plan: ImagePlan, task: string, place: DatabasePlace, dialect: RunDialect) {
    this.#plan = plan;
    this.#makeTables = (session) =>
      place === 'platform' ? Promise.resolve() : makeImageTables(session, task, dialect);
  }

  /** Before a transaction: makes what images need, and removes some of the old ones as new ones come. */
  async ready(session: RunSession): Promise<void> {
    if (!this.#isPrepared) {
      await this.#makeTables(session);
      for (const one of this.#plan.prepare) {
        await session.change(one);
      }
      this.#isPrepared = true;
    }
    if (this.#kept >= BETWEEN_PORTIONS) {
      this.#kept = 0;
      await session.change(this.#plan.expire);
    }
  }

  /** In the transaction, around the statement that writes these rows. @returns what that answers */
  async around(
    session: RunSession,
    { rows, count, batch }: { readonly rows: string; readonly count: number; readonly batch: string },
    write: () => Promise<number>,
  ): Promise<number> {
    this.#kept += count;
    await session.change(this.#plan.keep(rows, batch));
    const changed = await write();
    if (this.#plan.settle !== undefined) {
      await session.change(this.#plan.settle(rows, batch));
    }

    return changed;
  }
}

/** Makes the tables of images where they are missing. @throws InvalidSetting with the statements to be run by somebody who may */
export async function makeImageTables(session: RunSession, task: string, dialect: RunDialect): Promise<void> {
  try {
    await session.query(statement(`SELECT COUNT(*) AS n FROM ${EXTERNAL_IMAGES.log} WHERE Task = ?`, [task]));
    return;
  } catch (error) {
    if (dialect.faultOf(error).kind !== 'lasting') {
      throw error;
    }
  }
  const definitions = dialect.images.definitions(EXTERNAL_IMAGES);
  try {
    for (const definition of definitions) {
      await make(session, definition);
    }
  } catch (error) {
    if (dialect.faultOf(error).kind !== 'lasting') {
      throw error;
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidSetting(
      `${task}: target.rollback`,
      `a database without the tables that batches are undone by, where the user may make none (${reason})`,
      `tables made by its owner, with SELECT, INSERT, UPDATE and DELETE for that user: ${definitions.join('; ').replaceAll(/\s+/g, ' ')}`,
    );
  }
}
