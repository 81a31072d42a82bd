import { type Source, placeAt } from './document-source.ts'
import { parseFieldPath } from './field-path.ts'
import { findIn } from './locate-node.ts'
import type { Place } from './problems.ts'
import { composeYaml } from './yaml-compose.ts'
import { prescanYaml } from './yaml-prescan.ts'

/** A text that was parsed once and answers for the place of each of its fields. */
export interface LocatedDocument {
  /** Place of the key (or of the list item) that a path such as `/spec/steps/[id=x]/with` or `/spec/steps/0` leads to. */
  readonly locate: (path: string) => Place | undefined
  /** The same for the last part of the path that is there; the first line where none is. */
  readonly nearest: (path: string) => Place
}

/** A text that the gate would refuse as YAML has no places. */
export function locatedDocument(file: string, text: string): LocatedDocument {
  const source: Source = { file, text }
  const composed = prescanYaml(source).length === 0 ? composeYaml(source) : undefined
  const find = findIn(composed?.kind === 'composed' ? composed.document.contents : null)
  const placeOf = (path: string): { readonly place: Place; readonly isExact: boolean } => {
    const segments = parseFieldPath(path)
    const found = find(segments ?? [])
    const offset = (found.key ?? found.value)?.range[0] ?? 0
    return { place: placeAt(source, offset), isExact: found.depth === segments?.length }
  }
  return {
    locate: (path) => {
      const { place, isExact } = placeOf(path)
      return isExact ? place : undefined
    },
    nearest: (path) => placeOf(path).place,
  }
}

/** For one question; `locatedDocument` answers several about one text. */
export function locate(file: string, text: string, path: string): Place | undefined {
  return locatedDocument(file, text).locate(path)
}
