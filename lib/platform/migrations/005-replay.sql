-- What replaying a quarantined record takes. The columns before stay as they are: a consumer of the release before goes on writing without.
--   Origin       what its envelope says beside the payload, as JSON; NULL where it had none, and in older rows
--   Revision     counts its corrections: what is replayed is what was read
--   Correction   what is replayed in place of Body, which stays
--   Attempts     how often it was replayed and refused again; Code and Reason are the last refusal's
ALTER TABLE causeway.quarantine
  ADD COLUMN Origin TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL AFTER DeviceId,
  ADD COLUMN Revision INT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN Correction LONGBLOB NULL,
  ADD COLUMN CorrectedAt DATETIME(3) NULL,
  ADD COLUMN CorrectedBy VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ADD COLUMN Attempts INT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN AttemptedAt DATETIME(3) NULL;
