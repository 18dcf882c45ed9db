/**
 * Takes records out of the quarantine in the statement that writes their rows, and counts them as written: one call, which is whole or not
 * at all, and leaves no transaction open when whoever sent it dies. It is an error where one of the records is not there any more or was
 * corrected meanwhile: then the statement does nothing. Positions are held before rows, in the order consumers hold them. Where lanes count, the
 * shard's own row may have quarantined fewer than none: the sum is right.
 */
export const READMIT_FUNCTION = 'causeway.readmit_2';

const TAKEN = `JSON_TABLE(taken, '$[*]' COLUMNS(
    id BIGINT UNSIGNED PATH '$[0]' ERROR ON ERROR, revision INT UNSIGNED PATH '$[1]' ERROR ON ERROR)) j
  ON q.Task = ofTask AND q.Id = j.id AND q.Revision = j.revision`;

export const READMIT_FUNCTION_SQL = `CREATE FUNCTION IF NOT EXISTS ${READMIT_FUNCTION}(
  ofTask VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin, records BIGINT UNSIGNED,
  taken LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci
) RETURNS TINYINT MODIFIES SQL DATA SQL SECURITY INVOKER
BEGIN
  UPDATE causeway.position p JOIN (
    SELECT q.Epoch, q.Shard, COUNT(*) AS n FROM causeway.quarantine q JOIN ${TAKEN} GROUP BY q.Epoch, q.Shard
  ) c ON p.Task = ofTask AND p.Epoch = c.Epoch AND p.Shard = c.Shard
  SET p.Written = p.Written + c.n, p.Quarantined = IF(p.KeyedAt IS NULL AND p.Quarantined < c.n, 0, p.Quarantined - c.n);
  DELETE q FROM causeway.quarantine q JOIN ${TAKEN};
  IF ROW_COUNT() <> records THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the quarantine has changed';
  END IF;
  RETURN 1;
END`;

/** Its call; `:taken` is a JSON array of `[id, revision]`. */
export const READMIT_CALL = `${READMIT_FUNCTION}(:task, :records, :taken)`;

/** What the function says where it does nothing. */
export const QUARANTINE_CHANGED = 1644;
/** There is no such function, it takes other parameters, or there is no right to it. */
export const NO_FUNCTION: ReadonlySet<number> = new Set([1305, 1318, 1370]);
