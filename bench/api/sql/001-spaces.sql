-- What the benchmark of APIs reads: one row by its key, or the 100 of a zone.

CREATE TABLE BenchSpace (
  Id INT PRIMARY KEY,
  Zone VARCHAR(16) NOT NULL,
  Status VARCHAR(16) NOT NULL,
  EventTime DATETIME(3) NOT NULL,
  KEY ByZone (Zone)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

INSERT INTO BenchSpace
WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 999)
SELECT n, CONCAT('zone-', n DIV 100), IF(n % 3 = 0, '1', '0'), '2026-03-12 19:03:58.250' FROM numbers;
