-- What rows were before a batch changed them, for tasks that say how long it is kept; written in the transaction that writes the batch.
-- RowKey, Image: JSON arrays of texts, in the order of the shape's columns; no image: the row was not there. The hashes (SHA-256, its first half)
-- are of the row as it was and as the batch left it: all zeros without a row, NULL when the batch did not change it after all. Times are UTC.
CREATE TABLE IF NOT EXISTS causeway.before_image (
  Id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  Target VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Task VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Batch VARCHAR(15) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Shape CHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  RowHash CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  RowKey TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  Image LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ImageHash CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  WrittenHash CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL,
  KeptUntil DATETIME(3) NOT NULL,
  PRIMARY KEY (Id),
  UNIQUE KEY ByBatch (Target, Batch, RowHash),
  KEY ByRow (Target, RowHash, Id),
  KEY ByAge (Target, KeptUntil)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- The columns that images of a table hold, as JSON. The row without a shape is locked by whoever writes or undoes a batch of the table.
CREATE TABLE IF NOT EXISTS causeway.image_shape (
  Target VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Shape VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Held TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (Target, Shape)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- Batches that were undone, and of how many rows: moved in the transaction that undoes them.
CREATE TABLE IF NOT EXISTS causeway.rollback_log (
  Task VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Batch VARCHAR(15) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Target VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Restored BIGINT NOT NULL,
  Deleted BIGINT NOT NULL,
  HandedOn BIGINT NOT NULL,
  UndoneBy VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  FirstAt DATETIME(3) NOT NULL,
  UpdatedAt DATETIME(3) NOT NULL,
  PRIMARY KEY (Task, Batch)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
