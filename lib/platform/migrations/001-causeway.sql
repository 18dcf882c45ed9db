-- What the platform itself keeps in the cluster: how far each task has written, what it could not write, and who is writing.
-- Runs on Aurora MySQL 3 and on MariaDB 10.11; every collation is named because their defaults differ.

CREATE DATABASE IF NOT EXISTS causeway CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- One row per task, epoch and shard, moved in the transaction that writes the rows (delivery is effectively-once by it).
-- Seq: the last record written, zero-padded to 64 digits so that text order is number order; '' = none yet.
-- Times are UTC.
CREATE TABLE IF NOT EXISTS causeway.position (
  Task VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Epoch INT UNSIGNED NOT NULL,
  Shard VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Seq CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Written BIGINT UNSIGNED NOT NULL,
  Quarantined BIGINT UNSIGNED NOT NULL,
  Bytes BIGINT UNSIGNED NOT NULL,
  Batches BIGINT UNSIGNED NOT NULL,
  BusyMs BIGINT UNSIGNED NOT NULL,
  StartedAt DATETIME(3) NOT NULL,
  UpdatedAt DATETIME(3) NOT NULL,
  PRIMARY KEY (Task, Epoch, Shard)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- The Data API transaction that is writing a shard, noted outside of it: whoever follows a killed writer rolls it back.
CREATE TABLE IF NOT EXISTS causeway.lease (
  Task VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Epoch INT UNSIGNED NOT NULL,
  Shard VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  TransactionId VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  UpdatedAt DATETIME(3) NOT NULL,
  PRIMARY KEY (Task, Epoch, Shard)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- Records that could not be written, with their exact bytes and the reason.
CREATE TABLE IF NOT EXISTS causeway.quarantine (
  Id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  Task VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Epoch INT UNSIGNED NOT NULL,
  Shard VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Seq CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PartitionKey VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  EventTime DATETIME(3) NULL,
  TraceId VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ProductId VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  DeviceId VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  Code VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Reason VARCHAR(1000) NOT NULL,
  MappingVersion CHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Body LONGBLOB NOT NULL,
  QuarantinedAt DATETIME(3) NOT NULL,
  PRIMARY KEY (Id),
  KEY ByTask (Task, QuarantinedAt),
  KEY ByRecord (Task, Epoch, Shard, Seq)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
