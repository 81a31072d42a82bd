-- One row for each append, at the end of the table whatever run it is of: a commit of many runs then writes few pages.
-- `version` is the one that the run has with this row.
CREATE TABLE entries (key INTEGER PRIMARY KEY, run INTEGER NOT NULL, version INTEGER NOT NULL, payload BLOB NOT NULL) STRICT;
INSERT INTO entries (run, version, payload) SELECT run, version, CAST('[' || event || ']' AS BLOB) FROM events ORDER BY run, version;
CREATE UNIQUE INDEX entries_by_run ON entries (run, version);
DROP TABLE events;

-- Only a run that has ended has its version here; that of any other is its last entry's.
CREATE TABLE runs_with_entries (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  version INTEGER,
  tenant TEXT NOT NULL,
  tenant_uid TEXT NOT NULL,
  workflow TEXT NOT NULL,
  "release" TEXT NOT NULL,
  digest TEXT NOT NULL,
  "commit" TEXT NOT NULL,
  "trigger" TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER
) STRICT;
INSERT INTO runs_with_entries SELECT key, id, iif(finished_at IS NULL, NULL, version), tenant, tenant_uid, workflow, "release",
  digest, "commit", "trigger", state, reason, requested_at, started_at, finished_at FROM runs ORDER BY key;
DROP TABLE runs;
ALTER TABLE runs_with_entries RENAME TO runs;
CREATE INDEX runs_by_tenant ON runs (tenant, key);
CREATE INDEX runs_by_workflow ON runs (workflow, key);
CREATE INDEX runs_by_state ON runs (state, key);
CREATE INDEX runs_unfinished ON runs (key) WHERE finished_at IS NULL;
