import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface DiskLimits {
  /** Milliseconds of each append of 4 KiB and its fdatasync. */
  readonly syncs: readonly number[]
  /** Rows of 600 bytes a second in transactions of 100, each one synced: no journal, no encryption, nothing that is decided. */
  readonly rowsPerSecond: number
}

const appends = 300
const transactions = 100
const rowsEach = 100

/** What this disk gives at this moment, whatever is built on it. */
export function measureDisk(): DiskLimits {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-bench-disk-'))
  try {
    return { syncs: timeSyncs(join(folder, 'log'), appends), rowsPerSecond: insertRows(join(folder, 'rows.sqlite')) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Milliseconds of each append of 4 KiB to a new file and its fdatasync. */
export function timeSyncs(path: string, count: number): number[] {
  const file = openSync(path, 'w')
  const block = Buffer.alloc(4_096, 1)
  const times = Array.from({ length: count }, () => {
    const start = performance.now()
    writeSync(file, block)
    fdatasyncSync(file)
    return performance.now() - start
  })
  closeSync(file)
  return times
}

function insertRows(path: string): number {
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4096')
  database.exec('CREATE TABLE rows (key INTEGER PRIMARY KEY, payload BLOB NOT NULL) STRICT')
  const insert = database.prepare('INSERT INTO rows (payload) VALUES (?)')
  const payload = Buffer.alloc(600, 1)
  const start = performance.now()
  for (let transaction = 0; transaction < transactions; transaction++) {
    database.exec('BEGIN IMMEDIATE')
    for (let row = 0; row < rowsEach; row++) insert.run(payload)
    database.exec('COMMIT')
  }
  const seconds = (performance.now() - start) / 1_000
  database.close()
  return (transactions * rowsEach) / seconds
}
