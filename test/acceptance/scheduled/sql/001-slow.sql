-- A target that takes its time: a tenth of a second a row.
CREATE TABLE SlowSource (Id BIGINT NOT NULL PRIMARY KEY) ENGINE = InnoDB;
CREATE TABLE SlowTarget (Id BIGINT NOT NULL, Slept INT NULL, KEY (Id)) ENGINE = InnoDB;
CREATE TRIGGER Slowly BEFORE INSERT ON SlowTarget FOR EACH ROW SET NEW.Slept = SLEEP(0.1);
GRANT INSERT ON SlowSource TO 'causeway_reader'@'%';
