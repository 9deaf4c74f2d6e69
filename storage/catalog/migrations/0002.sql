-- What AWS's interface tells of stores and imports, and a log of what retention removed.

ALTER TABLE stores ADD COLUMN kind TEXT NOT NULL DEFAULT 'CloudTrail' CHECK (kind <> ''); -- the family of its selectors' categories
ALTER TABLE stores ADD COLUMN multi_region INTEGER NOT NULL DEFAULT 1;
ALTER TABLE stores ADD COLUMN organization INTEGER NOT NULL DEFAULT 0;

CREATE TABLE tags (
  store_id TEXT NOT NULL REFERENCES stores (id),
  key      TEXT NOT NULL,
  value    TEXT NOT NULL,
  PRIMARY KEY (store_id, key)
) STRICT, WITHOUT ROWID;

ALTER TABLE data_files ADD COLUMN statistics BLOB; -- of columns, for pruning; opaque here; NULL if there are none

ALTER TABLE imports ADD COLUMN archives_found     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN archives_imported  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN archives_unchanged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN archives_failed    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN archives_ignored   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN bytes_compressed   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN bytes_raw          INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN bytes_stored       INTEGER NOT NULL DEFAULT 0;

ALTER TABLE import_failures ADD COLUMN code TEXT NOT NULL DEFAULT '';

-- Who removes a store or looks for what an import brought must not read whole tables.
CREATE INDEX imports_by_store ON imports (store_id, started);
CREATE INDEX data_files_by_import ON data_files (import_id);
CREATE INDEX archives_by_import ON archives (import_id);

CREATE TABLE purges (
  id                INTEGER PRIMARY KEY,
  store_id          TEXT NOT NULL REFERENCES stores (id),
  at                INTEGER NOT NULL,
  not_before_millis INTEGER NOT NULL, -- events before it had expired, milliseconds
  files             INTEGER NOT NULL,
  row_count         INTEGER NOT NULL,
  bytes             INTEGER NOT NULL
) STRICT;

CREATE INDEX purges_by_store ON purges (store_id, id);

-- Data files that retention took out of data_files, until they are gone from disk.
CREATE TABLE purged_files (
  path     TEXT PRIMARY KEY,
  store_id TEXT NOT NULL REFERENCES stores (id),
  purge_id INTEGER NOT NULL REFERENCES purges (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX purged_files_by_purge ON purged_files (purge_id);
CREATE INDEX purged_files_by_store ON purged_files (store_id);
