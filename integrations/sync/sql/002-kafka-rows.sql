-- What the Kafka topic `rows` carries, one row per id: the newest record of an id wins.

CREATE TABLE IF NOT EXISTS KafkaRows (
  Id BIGINT NOT NULL,
  B VARCHAR(255) NULL,
  C VARCHAR(255) NULL,
  BatchNo VARCHAR(64) NOT NULL,
  PRIMARY KEY (Id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
