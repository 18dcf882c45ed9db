import { countingAssignments } from './key-position.ts';
import { QUARANTINE_COLUMNS, quarantineRows } from './quarantine.ts';

/** An error in an expression, which neither engine has a word for. */
export const OVERLAP_FUNCTION = 'causeway.overlap_1';

export const OVERLAP_FUNCTION_SQL = `CREATE FUNCTION IF NOT EXISTS ${OVERLAP_FUNCTION}()
RETURNS CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NO SQL SQL SECURITY INVOKER
BEGIN
  SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the batch overlaps what is written';
  RETURN '';
END`;

/**
 * `ADVANCE_FUNCTION` for a shard that several lanes read at once: moves the position of every partition key in the batch, provided that each is
 * still before the batch's first record of that key, and counts in a row that no other lane holds at the moment. The keys come in their order.
 */
export const ADVANCE_KEYS_FUNCTION = 'causeway.advance_keys_1';

const ASCII = 'CHARACTER SET ascii COLLATE ascii_bin';

export const ADVANCE_KEYS_FUNCTION_SQL = `CREATE FUNCTION IF NOT EXISTS ${ADVANCE_KEYS_FUNCTION}(
  ofTask VARCHAR(100) ${ASCII}, ofEpoch INT UNSIGNED, ofShard VARCHAR(128) ${ASCII}, ofLane VARCHAR(128) ${ASCII},
  firstSeq CHAR(64) ${ASCII}, lastSeq CHAR(64) ${ASCII},
  records BIGINT UNSIGNED, size BIGINT UNSIGNED, busy BIGINT UNSIGNED, rejected BIGINT UNSIGNED,
  ofMapping CHAR(12) ${ASCII}, bad LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci,
  base VARCHAR(64) ${ASCII}, moves LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci,
  newest INT UNSIGNED, inNewest BIGINT UNSIGNED, inBefore BIGINT UNSIGNED
) RETURNS TINYINT MODIFIES SQL DATA SQL SECURITY INVOKER
BEGIN
  DECLARE held INT DEFAULT 0;
  DECLARE lane VARCHAR(128) ${ASCII} DEFAULT NULL;
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET lane = NULL;
  SELECT COUNT(*) INTO held FROM causeway.position
  WHERE Task = ofTask AND Epoch = ofEpoch AND Shard = ofShard AND KeyedAt IS NOT NULL AND Seq < firstSeq LOCK IN SHARE MODE;
  IF held <> 1 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the batch overlaps what is written';
  END IF;
  INSERT INTO causeway.key_position (Task, Epoch, Shard, PartitionKey, Seq, MovedOn)
  SELECT ofTask, ofEpoch, ofShard, j.k, CONCAT(base, COALESCE(j.l, j.f)), UTC_DATE()
  FROM JSON_TABLE(moves, '$[*]' COLUMNS(
    k CHAR(22) PATH '$[0]' ERROR ON ERROR, f VARCHAR(64) PATH '$[1]' ERROR ON ERROR, l VARCHAR(64) PATH '$[2]' ERROR ON ERROR)) j
  ON DUPLICATE KEY UPDATE
    Seq = IF(causeway.key_position.Seq < CONCAT(base, j.f), CONCAT(base, COALESCE(j.l, j.f)), ${OVERLAP_FUNCTION}()),
    MovedOn = UTC_DATE();
  SELECT Shard INTO lane FROM causeway.position
  WHERE Task = ofTask AND Epoch = ofEpoch AND Shard > CONCAT(ofShard, '#') AND Shard < CONCAT(ofShard, '$')
  ORDER BY Shard LIMIT 1 FOR UPDATE SKIP LOCKED;
  UPDATE causeway.position SET ${countingAssignments({
    records: 'records',
    rejected: 'rejected',
    bytes: 'size',
    busy: 'busy',
    last: 'lastSeq',
    minute: 'newest',
    inMinute: 'inNewest',
    inMinuteBefore: 'inBefore',
  })}
  WHERE Task = ofTask AND Epoch = ofEpoch AND Shard = COALESCE(lane, ofLane);
  IF ROW_COUNT() <> 1 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'nobody counts the batch';
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

/** Its call. */
export const ADVANCE_KEYS_CALL = `${ADVANCE_KEYS_FUNCTION}(:task, :epoch, :shard, :lane, :first, :last, :records, :bytes, :busy, :rejected, :mapping, :bad, :base, :moves, :minute, :inMinute, :inMinuteBefore)`;

/** For a batch without a good record. */
export const ADVANCE_KEYS_ALONE_SQL = `SELECT ${ADVANCE_KEYS_CALL} AS moved`;
