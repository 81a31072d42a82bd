import type { DatabaseSync } from 'node:sqlite'
import type { CaseProjection } from './case-projection.ts'
import type { GroupCommit } from './group-commit.ts'
import type { Keyring } from './keyring.ts'
import type { RunMover } from './run-mover.ts'
import { number, prepare } from './statements.ts'
import type { TenantFiles } from './tenant-files.ts'

export type Forgotten = { readonly kind: 'forgotten'; readonly runs: number } | { readonly kind: 'has-unfinished-runs' }

/** Key first: what a crash leaves behind can be read by nobody, and forgetting again removes it. */
export async function forgetTenant(
  tenantUid: string,
  parts: {
    readonly database: DatabaseSync
    readonly commit: GroupCommit
    readonly keys: Keyring
    readonly files: TenantFiles
    readonly mover: RunMover
    readonly cases: CaseProjection
  },
): Promise<Forgotten> {
  const { database, commit, keys, files, mover, cases } = parts
  const forgotten = await commit.write((): Forgotten => {
    const open = prepare(database, 'SELECT 1 FROM runs WHERE tenant_uid = ? AND finished_at IS NULL LIMIT 1')
    if (open.get(tenantUid) !== undefined) return { kind: 'has-unfinished-runs' }
    mover.forget(tenantUid)
    cases.forget(tenantUid)
    // Overwritten in place before it is deleted: a free page would still hold the bytes.
    prepare(database, 'UPDATE keys SET wrapped = zeroblob(length(wrapped)) WHERE tenant_uid = ?').run(tenantUid)
    prepare(database, 'DELETE FROM keys WHERE tenant_uid = ?').run(tenantUid)
    keys.forget(tenantUid)
    prepare(database, 'DELETE FROM entries WHERE run IN (SELECT key FROM runs WHERE tenant_uid = ?)').run(tenantUid)
    const runs = prepare(database, 'SELECT count(*) AS runs FROM runs WHERE tenant_uid = ?').get(tenantUid)
    prepare(database, 'DELETE FROM runs WHERE tenant_uid = ?').run(tenantUid)
    for (const table of ['deliveries', 'schedules', 'case_runs'])
      prepare(database, `DELETE FROM ${table} WHERE tenant_uid = ?`).run(tenantUid)
    return { kind: 'forgotten', runs: number(runs ?? {}, 'runs') }
  })
  if (forgotten.kind === 'has-unfinished-runs') return forgotten
  files.remove(tenantUid)
  // The log holds the wrapped key until it is written back.
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  return forgotten
}
