-- Objects of S3 that were imported, as they were listed: one that has not changed since need not be read again.
CREATE TABLE objects (
  store_id  TEXT NOT NULL REFERENCES stores (id),
  path      TEXT NOT NULL,
  version   TEXT NOT NULL, -- what tells its content from any other at the path
  sha256    TEXT NOT NULL, -- of the archive
  PRIMARY KEY (store_id, path)
) STRICT, WITHOUT ROWID;
