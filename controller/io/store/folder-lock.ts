import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { resultCodeOf, sqliteBusy, StoreError } from './store-error.ts'

/** A controller that was just killed holds its locks for a moment longer. */
const patienceMs = 2_000

/** Kept here, because a connection that is collected as garbage closes itself, and the lock goes with it. */
const held = new Set<DatabaseSync>()

/**
 * Makes the folder ours until the process ends, however it ends: the lock is the operating system's, on a database of its own
 * that nothing is written to, so no stale file can keep a controller from starting.
 */
export function lockFolder(folder: string): () => void {
  const database = new DatabaseSync(join(folder, 'lock.sqlite'), { timeout: patienceMs })
  const holderFile = join(folder, 'lock.pid')
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (((resultCodeOf(error) ?? 0) & 0xff) !== sqliteBusy) throw error
    throw new StoreError(
      'locked',
      `Another controller${holderOf(holderFile)} uses ${folder}: stop it first, or give this one another folder.`,
    )
  }
  writeFileSync(holderFile, String(process.pid))
  held.add(database)
  return () => {
    held.delete(database)
    database.close()
  }
}

function holderOf(file: string): string {
  try {
    return ` (process ${readFileSync(file, 'utf8')})`
  } catch {
    return ''
  }
}
