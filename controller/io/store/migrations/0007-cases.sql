-- Runs whose journal says something about cases that their tenant's file does not say yet, up to a version of the run.
CREATE TABLE case_runs (
  run INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  tenant_uid TEXT NOT NULL,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX case_runs_by_tenant ON case_runs (tenant_uid);
