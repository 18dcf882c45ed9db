-- Which batch has written a row, so that one can be undone.
ALTER TABLE Readings ADD COLUMN BatchNo VARCHAR(32) NOT NULL DEFAULT '';
