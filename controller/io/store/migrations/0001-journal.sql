-- One row: how many transactions this database has seen. Compared with the mark outside it when it is opened.
CREATE TABLE sequence (only INTEGER PRIMARY KEY CHECK (only = 1), value INTEGER NOT NULL) STRICT;
INSERT INTO sequence VALUES (1, 0);

CREATE TABLE objects (digest TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- The list of runs. `key` grows with time, so that a page costs the same however many runs there are.
CREATE TABLE runs (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL,
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
CREATE INDEX runs_by_tenant ON runs (tenant, key);
CREATE INDEX runs_by_workflow ON runs (workflow, key);
CREATE INDEX runs_by_state ON runs (state, key);
CREATE INDEX runs_unfinished ON runs (key) WHERE finished_at IS NULL;

-- By the run's key, not its id: ids are hashes, and a million of them would spread each commit over the whole tree.
CREATE TABLE events (
  run INTEGER NOT NULL,
  version INTEGER NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY (run, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
  tenant_uid TEXT NOT NULL,
  delivery TEXT NOT NULL,
  at INTEGER NOT NULL,
  runs TEXT NOT NULL,
  PRIMARY KEY (tenant_uid, delivery)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_by_age ON deliveries (at);
