CREATE TABLE tenants (
  path TEXT PRIMARY KEY,
  uid TEXT NOT NULL,
  digest TEXT NOT NULL,
  context_digest TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  applied_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What was applied, and so what must be removed once nobody declares it any more.
CREATE TABLE inventory (
  tenant TEXT NOT NULL,
  workflow TEXT NOT NULL,
  digest TEXT NOT NULL,
  "release" TEXT NOT NULL,
  owner TEXT NOT NULL,
  PRIMARY KEY (tenant, workflow)
) STRICT, WITHOUT ROWID;

CREATE TABLE applied (
  key INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  "commit" TEXT NOT NULL,
  upserts INTEGER NOT NULL,
  removals INTEGER NOT NULL,
  tenants INTEGER NOT NULL,
  workflows INTEGER NOT NULL
) STRICT;
