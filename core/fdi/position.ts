/** The statements that keep how far a task has written; parameters `:task`, `:epoch`, `:shard` in each. */

const OWN = 'Task = :task AND Epoch = :epoch AND Shard = :shard';

/**
 * Moves the position over a batch that lies wholly behind it, counts it, and holds the row until the transaction ends: a second
 * writer of the shard waits here. Changes no row when the batch overlaps what is written already (or the position is missing, or kept per key).
 */
export const ADVANCE_SQL = `UPDATE causeway.position SET
  Written = Written + :records - :rejected, Quarantined = Quarantined + :rejected, Bytes = Bytes + :bytes,
  Batches = Batches + 1, BusyMs = BusyMs + :busy, UpdatedAt = UTC_TIMESTAMP(3), Seq = :last
WHERE ${OWN} AND KeyedAt IS NULL AND Seq < :first`;

/** The last sequence number written, and whether positions are kept per key by now, read under the lock that `ADVANCE_SQL` took. */
export const POSITION_SQL = `SELECT Seq AS seq, KeyedAt IS NOT NULL AS keyed FROM causeway.position WHERE ${OWN} FOR UPDATE`;

/** For at-least-once: counts what was written, without guarding it. */
export const COUNT_SQL = `UPDATE causeway.position SET
  Written = Written + :records - :rejected, Quarantined = Quarantined + :rejected, Bytes = Bytes + :bytes,
  Batches = Batches + 1, BusyMs = BusyMs + :busy, UpdatedAt = UTC_TIMESTAMP(3), Seq = GREATEST(Seq, :last)
WHERE ${OWN}`;

/** Makes the position at the first batch of a shard; outside of the transaction, where it cannot deadlock with another shard's. */
export const OPEN_SQL = `INSERT INTO causeway.position
  (Task, Epoch, Shard, Seq, Written, Quarantined, Bytes, Batches, BusyMs, StartedAt, UpdatedAt)
VALUES (:task, :epoch, :shard, '', 0, 0, 0, 0, 0, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))
ON DUPLICATE KEY UPDATE Seq = Seq`;

/**
 * What a predecessor left: whether there is a position, the transaction it was last writing in, and whether the task keeps positions per
 * key in any of its shards, which it does until it is reset.
 */
export const STATE_SQL = `SELECT
  (SELECT COUNT(*) FROM causeway.position WHERE ${OWN}) AS positions,
  (SELECT COUNT(*) FROM causeway.position WHERE Task = :task AND Epoch = :epoch AND KeyedAt IS NOT NULL) AS keyed,
  (SELECT TransactionId FROM causeway.lease WHERE ${OWN}) AS transactionId`;

/** Notes the transaction that is about to write, where it can be read while that is still open. */
export const LEASE_SQL = `INSERT INTO causeway.lease (Task, Epoch, Shard, TransactionId, UpdatedAt)
VALUES (:task, :epoch, :shard, :transaction, UTC_TIMESTAMP(3))
ON DUPLICATE KEY UPDATE TransactionId = :transaction, UpdatedAt = UTC_TIMESTAMP(3)`;
