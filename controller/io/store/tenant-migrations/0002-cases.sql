-- The cases of one tenant, made of what the journals of its runs say: `case_entries` holds each change once, by the step that
-- made it, and `cases` what they come to. What people wrote is sealed.
CREATE TABLE cases (
  id TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  closed_at INTEGER,
  head BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX cases_by_change ON cases (changed_at);

CREATE TABLE case_entries (
  run TEXT NOT NULL,
  step TEXT NOT NULL,
  "case" TEXT NOT NULL,
  at INTEGER NOT NULL,
  place INTEGER NOT NULL,
  change BLOB NOT NULL,
  PRIMARY KEY (run, step)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_entries_by_case ON case_entries ("case", at);
