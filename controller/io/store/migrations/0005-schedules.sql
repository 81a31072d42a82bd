-- How far each schedule has come. With the expression and the zone, because another schedule under the same name has missed nothing.
CREATE TABLE schedules (
  tenant_uid TEXT NOT NULL,
  workflow TEXT NOT NULL,
  "trigger" TEXT NOT NULL,
  cron TEXT NOT NULL,
  timezone TEXT NOT NULL,
  seen INTEGER NOT NULL,
  PRIMARY KEY (tenant_uid, workflow, "trigger")
) STRICT, WITHOUT ROWID;
