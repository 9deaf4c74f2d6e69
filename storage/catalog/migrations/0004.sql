-- Hashes over what queries depend on, so that a changed value in a sound page is noticed. They are computed by the
-- program, which seals all stores anew after a migration.
CREATE TABLE seals (
  store_id TEXT PRIMARY KEY REFERENCES stores (id),
  store    TEXT NOT NULL, -- of the row in stores and its tags
  files    TEXT NOT NULL  -- of the rows in data_files
) STRICT, WITHOUT ROWID;
