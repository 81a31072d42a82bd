import { type LocatedDocument, locatedDocument } from '../core/model/locate.ts'
import type { Place, Problem } from '../core/model/problems.ts'
import type { Snapshot } from '../core/model/snapshot.ts'
import type { FleetSource } from '../io/git/index.ts'

/** Turns field paths into lines. Files are read and parsed only when somebody asks, each once. */
export interface PlaceFinder {
  /** The place of a field path, or of the nearest field around it. */
  find(file: string, path: string): Promise<Place>
  place(problems: readonly Problem[]): Promise<Problem[]>
}

export function createPlaceFinder(source: FleetSource, snapshot: Snapshot): PlaceFinder {
  // Promises, because many problems of one file are placed at the same time.
  const documents = new Map<string, Promise<LocatedDocument | undefined>>()

  const open = (file: string): Promise<LocatedDocument | undefined> => {
    const known = documents.get(file) ?? read(file)
    documents.set(file, known)
    return known
  }
  const read = async (file: string): Promise<LocatedDocument | undefined> => {
    const entry = snapshot.files.get(file)
    const bytes = entry && (await source.read([entry.oid])).get(entry.oid)
    return bytes && locatedDocument(file, new TextDecoder().decode(bytes))
  }
  const find = async (file: string, path: string, words?: string): Promise<Place> =>
    (await open(file))?.nearest(path, words) ?? { file, line: 1, column: 1 }

  return {
    find,
    place: (problems) =>
      Promise.all(
        problems.map(async (item) => {
          if (!item.place || item.place.text !== undefined || !item.path) return item
          const { mark, ...rest } = item
          return { ...rest, place: await find(item.place.file, item.path, mark) }
        }),
      ),
  }
}
