-- The customers of the company, as its old systems know them. Times are UTC.
CREATE TABLE Customer (
  Id        INT UNSIGNED NOT NULL AUTO_INCREMENT,
  Name      VARCHAR(100) NOT NULL,
  City      VARCHAR(100) NOT NULL,
  Email     VARCHAR(200) NULL,
  Credit    DECIMAL(10, 2) NOT NULL DEFAULT 0,
  CreatedAt DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  PRIMARY KEY (Id),
  KEY ByCity (City)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO Customer (Name, City, Email, Credit) VALUES
  ('Ada Lovelace', 'London', 'ada@example.com', 1200.50),
  ('Zuse KG', 'Berlin', NULL, 0),
  ('王小明', '深圳', 'wang@example.cn', 88.00);
