-- The finished runs of one tenant. `journal` holds the entries as they were sealed, one after the other, each with its version
-- and its length in front.
CREATE TABLE runs (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  finished_at INTEGER NOT NULL,
  journal BLOB NOT NULL
) STRICT;
CREATE INDEX runs_by_end ON runs (finished_at);
