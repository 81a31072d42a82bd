import type { DatabaseSync } from 'node:sqlite'

/**
 * Makes the write-ahead log as long as it will become, before anybody waits for a commit. To write over blocks that a file has
 * takes the disk half as long as to add some, and until the log has been full once each commit adds some.
 */
export function fillLog(database: DatabaseSync, pages: number): void {
  // What is written here need not survive, and nothing of it goes to the database before the log is at its length.
  database.exec('PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 0')
  try {
    // There and back: to write what is there already would write nothing.
    const touch = database.prepare('UPDATE sequence SET value = value + ?')
    for (let page = 0; page < pages; page++) touch.run(page % 2 === 0 ? 1 : -1)
  } catch {
    // A disk without room for it: the first write that matters says so, and then nothing is acknowledged.
  } finally {
    database.exec(`PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = ${pages}`)
  }
  // From here on the log is written over from its start.
  database.exec('PRAGMA wal_checkpoint(RESTART)')
}
