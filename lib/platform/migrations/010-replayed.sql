-- Records of scheduled tasks that were replayed out of the quarantine, known by what they held (Seq, as there). A run that reads one again as it
-- was does not quarantine it again. Kept for 90 days; times are UTC.
CREATE TABLE IF NOT EXISTS causeway.replayed (
  Task VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Shard VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Seq VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ReplayedAt DATETIME(3) NOT NULL,
  PRIMARY KEY (Task, Shard, Seq),
  KEY ByAge (Task, ReplayedAt)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
