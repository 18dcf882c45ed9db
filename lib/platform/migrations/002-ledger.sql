-- The conservation ledger: what a task's topic accepted for it, against what the positions say it wrote and quarantined.
-- One row per task and epoch, written by the ledger's own function only. Times are UTC.
--   Since           what arrived from here on is the task's
--   Base            what it had handled of another stream before
--   Accepted        before CountedThrough, for good; Unsure more may or may not have been read before retention dropped them
--   Seen            accepted, as far as the metrics told when the row was written, Base included
--   Cuts            what was handled at the beginnings of the last minutes, as JSON, until their metrics are settled
--   Difference      at JudgedAt: above 0 lost, below 0 doubled
CREATE TABLE IF NOT EXISTS causeway.ledger (
  Task VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Epoch INT UNSIGNED NOT NULL,
  Stream VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  EventSource VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Since DATETIME(3) NOT NULL,
  Base BIGINT UNSIGNED NOT NULL,
  CountedThrough DATETIME(3) NOT NULL,
  Accepted BIGINT UNSIGNED NOT NULL,
  Unsure BIGINT UNSIGNED NOT NULL,
  Seen BIGINT UNSIGNED NOT NULL,
  Cuts VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Difference BIGINT NOT NULL,
  JudgedAt DATETIME(3) NULL,
  OkAt DATETIME(3) NULL,
  Handled BIGINT UNSIGNED NOT NULL,
  ProgressAt DATETIME(3) NOT NULL,
  UpdatedAt DATETIME(3) NOT NULL,
  PRIMARY KEY (Task, Epoch)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
