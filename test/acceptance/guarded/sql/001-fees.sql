CREATE TABLE Fees (
  Id INT PRIMARY KEY,
  Tenant VARCHAR(32) NOT NULL
) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

INSERT INTO Fees (Id, Tenant) VALUES (1, 'mine'), (2, 'other'), (3, 'mine');
