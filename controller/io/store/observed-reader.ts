import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Objects } from './objects.ts'
import { ObservedReads } from './observed-state.ts'
import type { Store } from './open-store.ts'

export interface ObservedReader
  extends Pick<Store, 'readObserved' | 'readObject' | 'hasObject' | 'appliedCommits' | 'close'> {
  /**
   * Copies what was written from the log to the database, as far as nobody is kept waiting. The writer would do it by itself
   * after some 16 MiB, in the midst of a commit: tens of milliseconds in which it does nothing else.
   */
  checkpoint(): void
}

/**
 * What was applied, for another thread than the one that has the store open and writes. It sees everything that was
 * acknowledged before it asks, and keeps nobody from writing.
 */
export function openObservedReader(folder: string): ObservedReader {
  const database = new DatabaseSync(join(folder, 'control.sqlite'), { timeout: 5_000 })
  // A checkpoint is all that this connection writes, and it must not end before the disk has it.
  database.exec('PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF')
  const [reads, objects] = [new ObservedReads(database), new Objects(database)]
  return {
    readObserved: () => reads.read(),
    readObject: (digest) => objects.read(digest),
    hasObject: (digest) => objects.has(digest),
    appliedCommits: (limit) => reads.history(limit),
    checkpoint: () => database.exec('PRAGMA wal_checkpoint(PASSIVE)'),
    close: () => database.close(),
  }
}
