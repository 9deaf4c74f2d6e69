-- Deleted stores that wait, what has expired for good, the log of purges, and a clock to hold the system's against.

ALTER TABLE stores ADD COLUMN deleted INTEGER; -- when it was deleted, while it waits to be removed; else NULL
ALTER TABLE stores ADD COLUMN restored_status TEXT NOT NULL DEFAULT ''; -- the status that restoring it gives back
ALTER TABLE stores ADD COLUMN floor_millis INTEGER; -- events before it have expired for good; NULL if none have

-- No version ever wrote to these two.
DROP TABLE purged_files;
DROP TABLE purges;

-- The log outlives the stores that it speaks of.
CREATE TABLE purges (
  id                INTEGER PRIMARY KEY,
  store_id          TEXT NOT NULL,
  store_name        TEXT NOT NULL,
  at                INTEGER NOT NULL,
  calendarday       INTEGER, -- YYYYMMDD, 0 for events without a time; NULL if the store had no files
  files             INTEGER NOT NULL,
  row_count         INTEGER NOT NULL,
  bytes             INTEGER NOT NULL,
  not_before_millis INTEGER, -- events before it had expired; NULL if the whole store was removed
  rule              TEXT NOT NULL
) STRICT;

CREATE INDEX purges_by_store ON purges (store_id, id);

-- Data files that were purged, until they are gone from disk. The store may be gone before them.
CREATE TABLE purged_files (
  path     TEXT PRIMARY KEY,
  store_id TEXT NOT NULL,
  at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The time of the last commit whose clock could be trusted.
CREATE TABLE clock (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  last INTEGER NOT NULL
) STRICT;

INSERT INTO clock (one, last)
  SELECT 1, last FROM (SELECT max(t) AS last FROM (
    SELECT updated AS t FROM stores UNION ALL SELECT started FROM imports UNION ALL SELECT finished FROM imports UNION ALL SELECT created FROM data_files))
  WHERE last IS NOT NULL;
