-- The state of every parking space: one row each, kept current by the task ParkingData. Times are UTC.
-- TraceId is the message's: the same in the logs, in the quarantine and here.
CREATE TABLE ParkingData (
  DeviceId  VARCHAR(64) NOT NULL,
  Status    VARCHAR(16) NOT NULL,
  EventTime DATETIME(3) NOT NULL,
  TraceId   VARCHAR(64) NOT NULL,
  BatchNo   VARCHAR(32) NOT NULL,
  PRIMARY KEY (DeviceId),
  KEY ByStatus (Status)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Every message, as the task ParkingHistory wrote it. WrittenAt minus EventTime is the way from the sensor to the row.
CREATE TABLE ParkingHistory (
  Id        BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  DeviceId  VARCHAR(64) NOT NULL,
  Status    VARCHAR(16) NOT NULL,
  EventTime DATETIME(3) NOT NULL,
  TraceId   VARCHAR(64) NOT NULL,
  BatchNo   VARCHAR(32) NOT NULL,
  WrittenAt DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  PRIMARY KEY (Id),
  KEY BySpace (DeviceId, EventTime),
  KEY ByTime (EventTime)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
