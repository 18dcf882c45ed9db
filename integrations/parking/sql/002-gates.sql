-- Every passage of a gate, kept by the task ParkingGateEvents. The key is the passage itself: the same one reported twice is one row.
-- PassedAt is the gate's own time, ReceivedAt the broker's; both are UTC.
CREATE TABLE ParkingGateEvent (
  Plate      VARCHAR(16) NOT NULL,
  PassedAt   DATETIME(3) NOT NULL,
  Direction  ENUM('in', 'out') NOT NULL,
  Gate       VARCHAR(64) NOT NULL,
  ReceivedAt DATETIME(3) NOT NULL,
  TraceId    VARCHAR(64) NOT NULL,
  BatchNo    VARCHAR(32) NOT NULL,
  WrittenAt  DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  PRIMARY KEY (Plate, PassedAt, Direction),
  KEY ByTime (PassedAt)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What a stay costs, by the moment it begins: the latest row that is valid then. A new price is a new row.
CREATE TABLE ParkingTariff (
  ValidFrom    DATETIME(3) NOT NULL,
  FreeMinutes  SMALLINT UNSIGNED NOT NULL,
  PricePerHour DECIMAL(8, 2) NOT NULL,
  DailyCap     DECIMAL(8, 2) NOT NULL,
  Currency     CHAR(3) NOT NULL,
  PRIMARY KEY (ValidFrom)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO ParkingTariff (ValidFrom, FreeMinutes, PricePerHour, DailyCap, Currency)
VALUES ('2000-01-01 00:00:00', 15, 2.00, 15.00, 'EUR');

-- Which zone a space lies in.
CREATE TABLE ParkingSpaceZone (
  DeviceId VARCHAR(64) NOT NULL,
  Zone     VARCHAR(32) NOT NULL,
  PRIMARY KEY (DeviceId),
  KEY ByZone (Zone)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO ParkingSpaceZone (DeviceId, Zone) VALUES
  ('S-001', 'north'), ('S-002', 'north'), ('S-003', 'north'), ('S-004', 'north'), ('S-005', 'north'),
  ('S-006', 'south'), ('S-007', 'south'), ('S-008', 'south'), ('S-009', 'south'), ('S-010', 'south');
