-- Tasks whose shards are read by several lanes at once: how far each partition key is written, since a shard's own position means nothing
-- then. The columns before stay as they are: a consumer of the release before goes on with its own tasks.
--   PartitionKey   the first 16 bytes of its SHA-256 in base64url: keys are any text, and no collation may hold two of them for one
--   MovedOn        the day of the last move, UTC: a key that rests for longer than its topic keeps messages is removed
CREATE TABLE IF NOT EXISTS causeway.key_position (
  Task VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Epoch INT UNSIGNED NOT NULL,
  Shard VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PartitionKey CHAR(22) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Seq CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  MovedOn DATE NOT NULL,
  PRIMARY KEY (Task, Epoch, Shard, PartitionKey),
  KEY ByDay (Task, MovedOn)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- A shard with a KeyedAt has positions per key since then; its own Seq stays where it was, and counts for every key. Its lanes count in rows
-- of their own, `<shard>#<lane>`, so that they do not wait for one another. A record may be quarantined by a lane and taken out again from
-- the shard's row: only their sum is a number of records.
--   Minute           of the newest record that a lane has handled, in minutes since 1970
--   InMinute         how many it has handled that arrived in it
--   InMinuteBefore   how many that arrived in the one before
ALTER TABLE causeway.position
  MODIFY COLUMN Quarantined BIGINT NOT NULL,
  ADD COLUMN KeyedAt DATETIME(3) NULL,
  ADD COLUMN Minute INT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN InMinute BIGINT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN InMinuteBefore BIGINT UNSIGNED NOT NULL DEFAULT 0;
