-- What hostile values are tried on: two rows anyone may see, one and a table nobody may, one that is written, one that devices fill.

CREATE TABLE Spaces (
  Id INT PRIMARY KEY,
  Name VARCHAR(100) NOT NULL,
  Public TINYINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

INSERT INTO Spaces VALUES (1, 'A', 1), (2, 'B', 1), (3, 'the-treasure', 0);

CREATE TABLE Treasure (
  Word VARCHAR(100) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

INSERT INTO Treasure VALUES ('the-treasure');

CREATE TABLE Inbox (
  Id INT AUTO_INCREMENT PRIMARY KEY,
  Text VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE Spoken (
  Id INT AUTO_INCREMENT PRIMARY KEY,
  Number INT NOT NULL,
  Text VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
