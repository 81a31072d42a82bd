import type { DatabaseSync } from 'node:sqlite'
import type { GroupCommit } from './group-commit.ts'
import { number, prepare, text } from './statements.ts'
import type { TenantFiles } from './tenant-files.ts'

/**
 * Removes finished runs of a tenant that ended before a time, the oldest of them, at most `limit`; says how many. The list goes
 * first: what a crash leaves in the tenant's file is found there again. A run waits that its cases do not tell of yet.
 */
export async function forgetRuns(
  { tenantUid, before, limit }: { readonly tenantUid: string; readonly before: number; readonly limit: number },
  {
    database,
    commit,
    files,
  }: { readonly database: DatabaseSync; readonly commit: GroupCommit; readonly files: TenantFiles },
): Promise<number> {
  const old = files.query(tenantUid, ({ finishedBefore }) =>
    finishedBefore.all(before, limit).map((row) => text(row, 'id')),
  )
  if (old === undefined || old.length === 0) return 0
  const select = prepare(
    database,
    'SELECT key, EXISTS (SELECT 1 FROM case_runs WHERE run = runs.key) AS waits FROM runs WHERE id = ?',
  )
  const removals = ['DELETE FROM entries WHERE run = ?', 'DELETE FROM runs WHERE key = ?'].map((sql) =>
    prepare(database, sql),
  )
  const removed = await commit.write(() =>
    old.filter((id) => {
      const row = select.get(id)
      if (row === undefined) return true
      if (number(row, 'waits') === 1) return false
      for (const removal of removals) removal.run(number(row, 'key'))
      return true
    }),
  )
  files.write(tenantUid, ({ forget }) => {
    for (const id of removed) forget.run(id)
  })
  return removed.length
}
