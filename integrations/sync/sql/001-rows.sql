-- Two tables that a scheduled task keeps the same. SourceRows plays a system of somebody else's: whoever may look at this database may also
-- write into it, so that there is something to see.

CREATE TABLE IF NOT EXISTS SourceRows (
  Id BIGINT NOT NULL AUTO_INCREMENT,
  Name VARCHAR(255) NULL,
  UpdatedAt DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
  PRIMARY KEY (Id),
  KEY ByChange (UpdatedAt, Id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS TargetRows (
  Id BIGINT NOT NULL,
  Name VARCHAR(100) NULL,
  UpdatedAt DATETIME(3) NOT NULL,
  BatchNo VARCHAR(64) NULL,
  PRIMARY KEY (Id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

GRANT INSERT, UPDATE, DELETE ON SourceRows TO 'causeway_reader'@'%';
