-- Scheduled tasks. One row per task whose target is in this cluster: its run under way, moved in the transaction that writes the rows.
-- Fence: grows whenever a process takes the task; only who has the last number writes. Place: where the run stands, Mark: what the last
-- complete run left, both as the reader's JSON. Tasks with other targets keep the same row beside their rows. Times are UTC.
CREATE TABLE IF NOT EXISTS causeway.run_position (
  Task VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Fence BIGINT NOT NULL,
  Run VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  HeldUntil DATETIME(3) NULL,
  Waiting INT NOT NULL,
  Place MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  Mark MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  RowsRead BIGINT NOT NULL,
  RowsWritten BIGINT NOT NULL,
  RowsUnchanged BIGINT NOT NULL,
  RowsRejected BIGINT NOT NULL,
  BytesRead BIGINT NOT NULL,
  UpdatedAt DATETIME(3) NOT NULL,
  PRIMARY KEY (Task)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- The log of runs, kept for 90 days. Ids begin with their time.
CREATE TABLE IF NOT EXISTS causeway.run (
  Id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Task VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  State VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Cause VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Due DATETIME(3) NOT NULL,
  StartedAt DATETIME(3) NOT NULL,
  EndedAt DATETIME(3) NULL,
  Attempts INT UNSIGNED NOT NULL,
  RowsRead BIGINT UNSIGNED NOT NULL,
  RowsWritten BIGINT UNSIGNED NOT NULL,
  RowsUnchanged BIGINT UNSIGNED NOT NULL,
  RowsRejected BIGINT UNSIGNED NOT NULL,
  BytesRead BIGINT UNSIGNED NOT NULL,
  ReadMs BIGINT UNSIGNED NOT NULL,
  WriteMs BIGINT UNSIGNED NOT NULL,
  Error VARCHAR(1000) NULL,
  PRIMARY KEY (Id),
  KEY ByTask (Task, Id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
