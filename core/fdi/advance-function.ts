/**
 * `ADVANCE_SQL` as a function, so that the statement that writes the rows moves the position too: one call, which is whole or not at all.
 * It is an error where `ADVANCE_SQL` changes no row: then the statement does nothing. Whatever the optimizer made of it, a second
 * evaluation in one statement would be that error too. Other versions of it get other names: consumers of the release before go on.
 */
export const ADVANCE_FUNCTION = 'causeway.advance_1';

export const ADVANCE_FUNCTION_SQL = `CREATE FUNCTION IF NOT EXISTS ${ADVANCE_FUNCTION}(
  ofTask VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin, ofEpoch INT UNSIGNED,
  ofShard VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin,
  firstSeq CHAR(64) CHARACTER SET ascii COLLATE ascii_bin, lastSeq CHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
  records BIGINT UNSIGNED, size BIGINT UNSIGNED, busy BIGINT UNSIGNED
) RETURNS TINYINT MODIFIES SQL DATA SQL SECURITY INVOKER
BEGIN
  UPDATE causeway.position SET
    Written = Written + records, Bytes = Bytes + size, Batches = Batches + 1, BusyMs = BusyMs + busy,
    UpdatedAt = UTC_TIMESTAMP(3), Seq = lastSeq
  WHERE Task = ofTask AND Epoch = ofEpoch AND Shard = ofShard AND Seq < firstSeq;
  IF ROW_COUNT() <> 1 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the batch overlaps what is written';
  END IF;
  RETURN 1;
END`;

/** Its call; the parameters of `ADVANCE_SQL`. */
export const ADVANCE_CALL = `${ADVANCE_FUNCTION}(:task, :epoch, :shard, :first, :last, :records, :bytes, :busy)`;

/** What the function says of a batch that is written in part. */
export const OVERLAP = 1644;

/** There is no such function, or no right to it. */
export const NO_FUNCTION: ReadonlySet<number> = new Set([1305, 1370]);
