-- Of the differences of a task's account, those that somebody has acknowledged: above 0 lost, below 0 doubled. Judged is what is left.
-- The columns before it stay as they are: the ledger's function of the release before goes on writing without it.
ALTER TABLE causeway.ledger
  ADD COLUMN Acknowledged BIGINT NOT NULL DEFAULT 0 AFTER Difference;
