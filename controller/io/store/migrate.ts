import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { StoreError } from './store-error.ts'

/** The schema that a database has: how many of the numbered files it has seen. */
export function schemaOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version)
}

/** Brings a database to the present schema: the numbered files that it has not seen, each in a transaction of its own. */
export function migrate(database: DatabaseSync, name: 'migrations' | 'tenant-migrations' = 'migrations'): void {
  const folder = join(import.meta.dirname, name)
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .toSorted()
  const seen = schemaOf(database)
  if (seen > files.length)
    throw new StoreError(
      'too-new',
      `The database has schema ${seen}, and this version knows ${files.length}: run the newer version.`,
    )
  for (const [index, file] of files.entries()) {
    if (index < seen) continue
    database.exec(
      `BEGIN IMMEDIATE; ${readFileSync(join(folder, file), 'utf8')}; PRAGMA user_version = ${index + 1}; COMMIT`,
    )
  }
}
