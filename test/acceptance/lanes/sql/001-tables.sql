-- One row a message: what is written twice is there twice, and Id is the order of writing.
CREATE TABLE Readings (
  Id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  Meter VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  Number INT NOT NULL,
  PRIMARY KEY (Id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
