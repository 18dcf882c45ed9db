/**
 * The statements that keep how far a task has written each partition key, for shards that several lanes read at once; parameters `:task`,
 * `:epoch` and `:shard` in each.
 */

const OWN = 'Task = :task AND Epoch = :epoch AND Shard = :shard';

/** Rows in which the lanes of a shard count: two more than lanes, for those that a killed function still holds. */
export const COUNTING_LANES = 12;

/** The name of a counting row. */
export function laneName(shard: string, lane: number): string {
  return `${shard}#${lane}`;
}

/** The shard that a counting row is of; any other row's name is its shard's. */
export function shardOf(name: string): string {
  const end = name.indexOf('#');

  return end < 0 ? name : name.slice(0, end);
}

/**
 * Makes a shard one with positions per key, and the rows its lanes count in; what its own position says is written stays written. Outside of
 * a transaction, where it waits for whoever still moves the shard's own position, and nobody waits for it.
 */
export const OPEN_KEYED_SQL = `INSERT INTO causeway.position
  (Task, Epoch, Shard, Seq, Written, Quarantined, Bytes, Batches, BusyMs, StartedAt, UpdatedAt, KeyedAt)
VALUES ${[':shard', ...Array.from({ length: COUNTING_LANES }, (_, lane) => `CONCAT(:shard, '#${lane}')`)]
  .map((name) => `(:task, :epoch, ${name}, '', 0, 0, 0, 0, 0, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`)
  .join(',\n  ')}
ON DUPLICATE KEY UPDATE KeyedAt = COALESCE(KeyedAt, UTC_TIMESTAMP(3))`;

/** How many of the rows that `OPEN_KEYED_SQL` makes there are; asked before, since that waits for every lane. */
export const KEYED_ROWS_SQL = `SELECT COUNT(*) AS found FROM causeway.position WHERE Task = :task AND Epoch = :epoch
  AND KeyedAt IS NOT NULL AND (Shard = :shard OR (Shard > CONCAT(:shard, '#') AND Shard < CONCAT(:shard, '$')))`;

/** What a shard's own position says, and that nobody moves it until the transaction ends: lanes hold it side by side. */
export const HOLD_SQL = `SELECT Seq AS seq, KeyedAt IS NOT NULL AS keyed FROM causeway.position WHERE ${OWN} LOCK IN SHARE MODE`;

/** `:moves` as `KeyClaim` has them; `:base` stands before each sequence number. */
const MOVES = `JSON_TABLE(:moves, '$[*]' COLUMNS(
  k CHAR(22) PATH '$[0]' ERROR ON ERROR, f VARCHAR(64) PATH '$[1]' ERROR ON ERROR, l VARCHAR(64) PATH '$[2]' ERROR ON ERROR)) j`;

/** Holds the keys' positions until the transaction ends, in their order; a key without one gets an empty one. */
export const HOLD_KEYS_SQL = `INSERT INTO causeway.key_position (Task, Epoch, Shard, PartitionKey, Seq, MovedOn)
SELECT :task, :epoch, :shard, j.k, '', UTC_DATE() FROM ${MOVES}
ON DUPLICATE KEY UPDATE MovedOn = UTC_DATE()`;

/** Of some keys, those that are written as far as `:first` or further. */
export const KEY_POSITIONS_SQL = `SELECT p.PartitionKey AS k, p.Seq AS seq
FROM JSON_TABLE(:keys, '$[*]' COLUMNS(k CHAR(22) PATH '$' ERROR ON ERROR)) j
JOIN causeway.key_position p ON p.Task = :task AND p.Epoch = :epoch AND p.Shard = :shard
  AND p.PartitionKey = CONVERT(j.k USING ascii) COLLATE ascii_bin
WHERE p.Seq >= :first FOR UPDATE`;

/** Moves the positions that `HOLD_KEYS_SQL` holds. */
export const MOVE_KEYS_SQL = `INSERT INTO causeway.key_position (Task, Epoch, Shard, PartitionKey, Seq, MovedOn)
SELECT :task, :epoch, :shard, j.k, CONCAT(:base, COALESCE(j.l, j.f)), UTC_DATE() FROM ${MOVES}
ON DUPLICATE KEY UPDATE Seq = GREATEST(causeway.key_position.Seq, CONCAT(:base, COALESCE(j.l, j.f))), MovedOn = UTC_DATE()`;

/** How a lane counts; the SQL of each number, and of the batch's last sequence number. */
export function countingAssignments(
  of: Readonly<
    Record<'records' | 'rejected' | 'bytes' | 'busy' | 'last' | 'minute' | 'inMinute' | 'inMinuteBefore', string>
  >,
): string {
  const { records, rejected, bytes, busy, last, minute, inMinute, inMinuteBefore } = of;

  // From left to right, each seeing what those before it did: what is compared changes last.
  return `Written = Written + ${records} - ${rejected}, Quarantined = Quarantined + ${rejected}, Bytes = Bytes + ${bytes},
    Batches = Batches + 1, BusyMs = BusyMs + ${busy}, UpdatedAt = UTC_TIMESTAMP(3), Seq = GREATEST(Seq, ${last}),
    InMinuteBefore = CASE
      WHEN ${minute} > Minute THEN ${inMinuteBefore} + IF(${minute} = Minute + 1, InMinute, 0)
      WHEN ${minute} = Minute THEN ${inMinuteBefore} + InMinuteBefore
      WHEN ${minute} + 1 = Minute THEN ${inMinute} + InMinuteBefore
      ELSE InMinuteBefore END,
    InMinute = CASE WHEN ${minute} > Minute THEN ${inMinute} WHEN ${minute} = Minute THEN ${inMinute} + InMinute ELSE InMinute END,
    Minute = GREATEST(Minute, ${minute})`;
}

/** Counts what was written, in the row of `:lane`. */
export const COUNT_LANE_SQL = `UPDATE causeway.position SET ${countingAssignments({
  records: ':records',
  rejected: ':rejected',
  bytes: ':bytes',
  busy: ':busy',
  last: ':last',
  minute: ':minute',
  inMinute: ':inMinute',
  inMinuteBefore: ':inMinuteBefore',
})}
WHERE Task = :task AND Epoch = :epoch AND Shard = :lane`;

/** The transactions that writers of one of the keys noted: they read the same lane, one after another, so those are dead. */
export const LEASES_SQL = `SELECT l.TransactionId AS transactionId
FROM JSON_TABLE(:keys, '$[*]' COLUMNS(k CHAR(22) PATH '$' ERROR ON ERROR)) j
JOIN causeway.lease l ON l.Task = :task AND l.Epoch = :epoch AND l.Shard = CONVERT(CONCAT(:shard, '#', j.k) USING ascii) COLLATE ascii_bin`;

/** Takes back a note, within the transaction it is of. */
export const UNLEASE_SQL = `DELETE FROM causeway.lease WHERE ${OWN} AND TransactionId = :transaction`;

/** Removes, some at a time, positions of keys that have not moved since `:before`. */
export const FORGET_KEYS_SQL = `DELETE FROM causeway.key_position WHERE Task = :task AND MovedOn < :before LIMIT 2000`;
