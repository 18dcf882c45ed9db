import type { DatabaseFault } from './database-fault.ts';
import { QUARANTINE_COLUMNS, quarantineRows } from './quarantine.ts';
import { NO_FUNCTION } from './readmit-function.ts';

/**
 * `ADVANCE_SQL` as a function, so that the statement that writes the rows moves the position too: one call, which is whole or not at all.
 * It is an error where `ADVANCE_SQL` changes no row: then the statement does nothing. Whatever the optimizer made of it, a second
 * evaluation in one statement would be that error too. It also sets aside the batch's bad records, which `bad` holds as `QUARANTINE_SQL`
 * takes them. With `behind` it moves the position from there and from nowhere else: what was sent while its predecessor was still being written
 * waits for that one's row lock, and does nothing unless it ended whole. Other versions of it get other names: consumers of the release before
 * go on.
 */
export const ADVANCE_FUNCTION = 'causeway.advance_5';

export const ADVANCE_FUNCTION_SQL = `CREATE FUNCTION IF NOT EXISTS ${ADVANCE_FUNCTION}(
  ofTask VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin, ofEpoch INT UNSIGNED,
  ofShard VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin,
  behind CHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
  firstSeq CHAR(64) CHARACTER SET ascii COLLATE ascii_bin, lastSeq CHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
  records BIGINT UNSIGNED, size BIGINT UNSIGNED, busy BIGINT UNSIGNED, rejected BIGINT UNSIGNED,
  ofMapping CHAR(12) CHARACTER SET ascii COLLATE ascii_bin, bad LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci
) RETURNS TINYINT MODIFIES SQL DATA SQL SECURITY INVOKER
BEGIN
  UPDATE causeway.position SET
    Written = Written + records - rejected, Quarantined = Quarantined + rejected, Bytes = Bytes + size,
    Batches = Batches + (behind = ''), BusyMs = BusyMs + busy, UpdatedAt = UTC_TIMESTAMP(3), Seq = lastSeq
  WHERE Task = ofTask AND Epoch = ofEpoch AND Shard = ofShard AND KeyedAt IS NULL AND Seq < firstSeq
    AND (behind = '' OR Seq = behind);
  IF ROW_COUNT() <> 1 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the batch overlaps what is written';
  END IF;
  IF rejected > 0 THEN
    INSERT INTO causeway.quarantine (${QUARANTINE_COLUMNS})
    SELECT ofTask, ofEpoch, ofShard, ${quarantineRows('ofMapping', 'bad')};
    IF ROW_COUNT() <> rejected THEN
      SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not every bad record is in the quarantine';
    END IF;
  END IF;
  RETURN 1;
END`;

/** Its call; the parameters of `ADVANCE_SQL`, of `QUARANTINE_SQL` with `:bad` for its rows, and `:behind`, '' for anywhere before `:first`. */
export const ADVANCE_CALL = `${ADVANCE_FUNCTION}(:task, :epoch, :shard, :behind, :first, :last, :records, :bytes, :busy, :rejected, :mapping, :bad)`;

/** For a batch without a good record: a join with no rows might never call the function. */
export const ADVANCE_ALONE_SQL = `SELECT ${ADVANCE_CALL} AS moved`;

/** What the function says where it does nothing: of a batch that is written in part, above all. */
const DECLINED = 1644;
/** The Data API's names for statements it or the engine would not run. */
const REFUSALS: ReadonlySet<string> = new Set(['DatabaseErrorException', 'BadRequestException']);

/** What to do when the statement that calls the function failed, and nothing is written. */
export interface AdvanceFault {
  /** A transaction may write what the function did not. */
  readonly worthTransaction: boolean;
  /** If the transaction does, why the batches that follow need not ask the function any more. */
  readonly useless?: string;
}

/**
 * Whatever a database may have against the function, no shard stands still for it and no good row is set aside: a refusal counts only
 * when a transaction, which does without the function, met it too. A refusal of the data is halved down to its row before that.
 *
 * @param rows how many rows the statement was to write
 */
export function advanceFault(error: unknown, { kind, errno = 0, message }: DatabaseFault, rows: number): AdvanceFault {
  const ofData = kind === 'data' && errno !== DECLINED;
  const refused = kind === 'other' && error instanceof Error && REFUSALS.has(error.name);

  return {
    worthTransaction: errno === DECLINED || refused || (ofData && rows <= 1),
    ...((ofData || NO_FUNCTION.has(errno)) && { useless: message }),
  };
}
