-- Objects that hold no events are known, too: why, '' for those that were imported, whose sha256 counts.
ALTER TABLE objects ADD COLUMN ignored TEXT NOT NULL DEFAULT '';
