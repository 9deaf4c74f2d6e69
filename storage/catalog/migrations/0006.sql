-- Every row is sealed now, see package catalog. The program seals what is there, and drops the seals of before.
ALTER TABLE seals RENAME TO store_seals;

CREATE TABLE seals (
  kind  TEXT NOT NULL,    -- what rows they are
  owner TEXT NOT NULL,    -- the ID of the store or import that they belong to; '' if they belong to all of the lake
  count INTEGER NOT NULL, -- of the rows
  sum   BLOB NOT NULL,    -- of their SHA-256, as numbers of 256 bits; what exceeds these is dropped
  PRIMARY KEY (kind, owner)
) STRICT, WITHOUT ROWID;
