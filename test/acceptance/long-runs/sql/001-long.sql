-- A target that takes its time, a twentieth of a second a row, and has no key: what is written twice is there twice.
CREATE TABLE LongSource (
  Id BIGINT NOT NULL PRIMARY KEY,
  Name VARCHAR(100) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE TABLE LongTarget (
  Id BIGINT NOT NULL,
  Name VARCHAR(20) NOT NULL,
  Slept INT NULL,
  KEY (Id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE TRIGGER Lengthily BEFORE INSERT ON LongTarget FOR EACH ROW SET NEW.Slept = SLEEP(0.05);
GRANT INSERT ON LongSource TO 'causeway_reader'@'%';
