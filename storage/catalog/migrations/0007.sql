-- What CloudTrail's digest files prove of the archives that events came from.
CREATE TABLE verdicts (
  store_id  TEXT NOT NULL REFERENCES stores (id),
  sha256    TEXT NOT NULL, -- of the archive
  member    TEXT NOT NULL, -- the file inside it; '' for the archive itself
  verdict   TEXT NOT NULL,
  import_id TEXT NOT NULL REFERENCES imports (id), -- that found it
  PRIMARY KEY (store_id, sha256, member)
) STRICT, WITHOUT ROWID;

-- Archives of which some events were kept, but which do not count as imported: they broke off, or only a time was asked for.
CREATE TABLE partial_archives (
  store_id  TEXT NOT NULL REFERENCES stores (id),
  path      TEXT NOT NULL,
  sha256    TEXT NOT NULL, -- '' if the archive was not read to its end
  import_id TEXT NOT NULL REFERENCES imports (id),
  PRIMARY KEY (store_id, path, sha256)
) STRICT, WITHOUT ROWID;

CREATE INDEX partial_archives_by_content ON partial_archives (store_id, sha256);

CREATE TABLE verifications (
  import_id TEXT PRIMARY KEY REFERENCES imports (id),
  store_id  TEXT NOT NULL REFERENCES stores (id),
  summary   TEXT NOT NULL -- JSON: what the verification found that followed the import
) STRICT, WITHOUT ROWID;

CREATE INDEX verifications_by_store ON verifications (store_id);
