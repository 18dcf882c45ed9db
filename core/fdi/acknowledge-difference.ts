import { InvalidSetting, Refusal } from '../errors.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, textParameter } from './statement.ts';
import type { TaskEntry } from './task-entry.ts';
import { taskEpoch } from './task-positions.ts';

/** Only what was seen: a difference that has grown meanwhile is another one. */
const ACKNOWLEDGE_SQL = `UPDATE causeway.ledger SET
  Acknowledged = Acknowledged + :difference, Difference = 0, OkAt = JudgedAt, UpdatedAt = UTC_TIMESTAMP(3)
WHERE Task = :task AND Epoch = :epoch AND Difference = :difference`;

const MAX_REASON = 500;

export interface Acknowledgement {
  /** As the ledger shows it: lost above 0, doubled below. */
  readonly difference: number;
  /** Why nothing more is to be done about it, 1 to 500 characters. */
  readonly reason: string;
}

/**
 * Closes a difference of a task's account that is explained and cannot be made good: it counts as handled from now on, and the next one
 * stands out again.
 *
 * @throws InvalidSetting, or Refusal CAUSEWAY.0412 when this is not the difference there is
 */
export async function acknowledgeDifference(
  database: Pick<TaskDatabase, 'execute'>,
  task: TaskEntry,
  { difference, reason }: Acknowledgement,
): Promise<void> {
  if (!Number.isSafeInteger(difference) || difference === 0) {
    throw new InvalidSetting(
      'difference',
      difference,
      'a whole number other than 0: what is lost, or minus what is doubled',
    );
  }
  const text = reason.trim();
  if (text.length < 1 || text.length > MAX_REASON) {
    throw new InvalidSetting('reason', reason, `1 to ${MAX_REASON} characters that say why nothing more is to be done`);
  }
  const parameters = [
    longParameter('difference', difference),
    textParameter('task', task.name),
    longParameter('epoch', taskEpoch(task)),
  ];
  const { updated } = await database.execute(ACKNOWLEDGE_SQL, parameters);
  if (updated === 0) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `The ledger of ${task.name} has no such difference (${difference}) now. "causeway task show ${task.name}" says how it stands.`,
    });
  }
}
