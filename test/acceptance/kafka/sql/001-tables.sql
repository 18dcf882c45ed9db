-- Of the sync integration: one row per id.
CREATE TABLE KafkaRows (
  Id BIGINT NOT NULL,
  B VARCHAR(255) NULL,
  C VARCHAR(255) NULL,
  BatchNo VARCHAR(64) NOT NULL,
  PRIMARY KEY (Id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- One row per record, and nothing that would hide one that is written twice.
CREATE TABLE KafkaLog (
  Row BIGINT NOT NULL AUTO_INCREMENT,
  N BIGINT NOT NULL,
  Seq CHAR(64) NOT NULL,
  EventTime DATETIME(3) NOT NULL,
  PRIMARY KEY (Row)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
