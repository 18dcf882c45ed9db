-- Where the account of a Kafka task begins, in each partition: offsets passed from there on are what its brokers took, and each is a record that
-- is written or quarantined. Handled: what it had written and quarantined before.
CREATE TABLE IF NOT EXISTS causeway.kafka_start (
  Task VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  Epoch INT UNSIGNED NOT NULL,
  Shard VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  FirstOffset BIGINT UNSIGNED NOT NULL,
  Handled BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (Task, Epoch, Shard)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
