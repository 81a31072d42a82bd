-- A data key for each tenant, wrapped by the installation's. The one under the empty name is no tenant's: it tells whether the
-- installation's key fits this database. `new_key`, `seal_entry` and `seal_reason` are functions of the store.
CREATE TABLE keys (tenant_uid TEXT PRIMARY KEY, wrapped BLOB NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO keys VALUES ('', new_key(''));
INSERT INTO keys SELECT tenant_uid, new_key(tenant_uid) FROM (SELECT DISTINCT tenant_uid FROM runs);

UPDATE entries SET payload = seal_entry(runs.tenant_uid, runs.id, entries.version, payload) FROM runs WHERE runs.key = entries.run;

-- Null where the state says it all.
ALTER TABLE runs ADD COLUMN sealed_reason BLOB;
UPDATE runs SET sealed_reason = seal_reason(tenant_uid, id, reason) WHERE reason <> '';
ALTER TABLE runs DROP COLUMN reason;
