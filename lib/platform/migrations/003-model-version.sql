-- Which version of its product's thing model a quarantined record was judged by; NULL where there was none.
-- The columns before it stay as they are: a consumer of the release before goes on writing without it.
ALTER TABLE causeway.quarantine
  ADD COLUMN ModelVersion CHAR(12) CHARACTER SET ascii COLLATE ascii_bin NULL AFTER MappingVersion;
