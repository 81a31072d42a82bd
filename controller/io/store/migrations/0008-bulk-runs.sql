-- One row for a workflow that is run for many tenants. Its runs know it by their trigger, so it does not list them.
-- Both sealed columns belong to no tenant: they are sealed with the key of the empty name.
CREATE TABLE bulk_runs (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  workflow TEXT NOT NULL,
  selector TEXT NOT NULL,
  targets INTEGER NOT NULL,
  state TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  finished_at INTEGER,
  sealed_request BLOB NOT NULL,
  sealed_summary BLOB
) STRICT;
CREATE INDEX bulk_runs_unfinished ON bulk_runs (key) WHERE finished_at IS NULL;
