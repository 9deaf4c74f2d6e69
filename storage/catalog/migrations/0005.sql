-- How many of the events that an import kept contradict another of the same ID and account.
ALTER TABLE imports ADD COLUMN events_conflicting INTEGER NOT NULL DEFAULT 0;
