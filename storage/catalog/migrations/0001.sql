-- Times are microseconds since 1970-01-01 UTC unless the name says otherwise.

CREATE TABLE stores (
  id                     TEXT PRIMARY KEY,
  name                   TEXT NOT NULL UNIQUE COLLATE NOCASE,
  arn                    TEXT NOT NULL UNIQUE,
  status                 TEXT NOT NULL,
  selectors              TEXT NOT NULL, -- AWS's JSON list; [] takes every event
  billing_mode           TEXT NOT NULL,
  retention_days         INTEGER NOT NULL,
  retention_from         TEXT NOT NULL CHECK (retention_from IN ('now', 'newest')),
  termination_protection INTEGER NOT NULL,
  created                INTEGER NOT NULL,
  updated                INTEGER NOT NULL,
  newest_millis          INTEGER -- the newest eventTime, milliseconds; NULL without events
) STRICT;

CREATE TABLE imports (
  id               TEXT PRIMARY KEY,
  store_id         TEXT NOT NULL REFERENCES stores (id),
  status           TEXT NOT NULL,
  sources          TEXT NOT NULL, -- a JSON list of paths
  started          INTEGER NOT NULL,
  finished         INTEGER,
  events_read      INTEGER NOT NULL DEFAULT 0,
  events_kept      INTEGER NOT NULL DEFAULT 0,
  events_filtered  INTEGER NOT NULL DEFAULT 0,
  events_expired   INTEGER NOT NULL DEFAULT 0,
  events_duplicate INTEGER NOT NULL DEFAULT 0,
  events_failed    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE data_files (
  id           TEXT PRIMARY KEY, -- a ULID
  store_id     TEXT NOT NULL REFERENCES stores (id),
  import_id    TEXT NOT NULL REFERENCES imports (id),
  path         TEXT NOT NULL UNIQUE, -- relative to the lake
  calendarday  INTEGER NOT NULL, -- YYYYMMDD; 0 for events without a time
  row_count    INTEGER NOT NULL,
  bytes        INTEGER NOT NULL,
  raw_bytes    INTEGER NOT NULL, -- of the events' JSON text
  min_millis   INTEGER, -- of eventtime; NULL if no event has one
  max_millis   INTEGER,
  sha256       TEXT NOT NULL,
  created      INTEGER NOT NULL
) STRICT;

CREATE INDEX data_files_by_day ON data_files (store_id, calendarday, id);

CREATE TABLE archives (
  store_id         TEXT NOT NULL REFERENCES stores (id),
  sha256           TEXT NOT NULL,
  import_id        TEXT NOT NULL REFERENCES imports (id),
  path             TEXT NOT NULL,
  compressed_bytes INTEGER NOT NULL,
  raw_bytes        INTEGER NOT NULL,
  events           INTEGER NOT NULL,
  PRIMARY KEY (store_id, sha256)
) STRICT, WITHOUT ROWID;

CREATE TABLE import_failures (
  import_id   TEXT NOT NULL REFERENCES imports (id),
  number      INTEGER NOT NULL, -- 1, 2, … within the import
  path        TEXT NOT NULL,
  byte_offset INTEGER NOT NULL, -- in the decompressed text
  pointer     TEXT NOT NULL, -- JSON pointer of the record; '' for the archive
  reason      TEXT NOT NULL,
  PRIMARY KEY (import_id, number)
) STRICT, WITHOUT ROWID;
