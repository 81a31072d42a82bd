import type { Snapshot } from '../core/model/snapshot.ts'
import type { FleetSource } from '../io/git/index.ts'

/** Texts of a fleet's files by path; undefined where there is no such file. */
export function textReader(source: FleetSource, snapshot: Snapshot): (file: string) => Promise<string | undefined> {
  return async (file) => {
    const entry = snapshot.files.get(file)
    const bytes = entry && (await source.read([entry.oid])).get(entry.oid)
    return bytes && new TextDecoder().decode(bytes)
  }
}
