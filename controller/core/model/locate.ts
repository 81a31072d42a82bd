import { isScalar } from 'yaml'
import { type Source, placeAt } from './document-source.ts'
import { parseFieldPath } from './field-path.ts'
import { findIn, type Found } from './locate-node.ts'
import type { Place } from './problems.ts'
import { composeYaml } from './yaml-compose.ts'
import { prescanYaml } from './yaml-prescan.ts'

/** A text that was parsed once and answers for the place of each of its fields. */
export interface LocatedDocument {
  /** Place of the key (or of the list item) that a path such as `/spec/steps/[id=x]/with` or `/spec/steps/0` leads to. */
  readonly locate: (path: string) => Place | undefined
  /** The same for the last part of the path that is there; the first line where none is. With words: these, in an expression there. */
  readonly nearest: (path: string, words?: string) => Place
}

/** A text that the gate would refuse as YAML has no places. */
export function locatedDocument(file: string, text: string): LocatedDocument {
  const source: Source = { file, text }
  const composed = prescanYaml(source).length === 0 ? composeYaml(source) : undefined
  const find = findIn(composed?.kind === 'composed' ? composed.document.contents : null)
  const placeOf = (path: string, words?: string): { readonly place: Place; readonly isExact: boolean } => {
    const segments = parseFieldPath(path)
    const found = find(segments ?? [])
    const isExact = found.depth === segments?.length
    const inside = isExact && words !== undefined ? offsetOf(words, text, found.value) : undefined
    const offset = inside ?? (found.key ?? found.value)?.range[0] ?? 0
    return { place: placeAt(source, offset), isExact }
  }
  return {
    locate: (path) => {
      const { place, isExact } = placeOf(path)
      return isExact ? place : undefined
    },
    nearest: (path, words) => placeOf(path, words).place,
  }
}

/** Where an expression in a scalar has these words: not `steps.find` in `steps.find_more`, nor in the text around it. */
function offsetOf(words: string, text: string, node: Found['value']): number | undefined {
  if (!isScalar(node)) return undefined
  const [start, end] = node.range
  for (let at = text.indexOf(words, start); at >= 0 && at < end; at = text.indexOf(words, at + 1)) {
    const around = `${text[at - 1] ?? ''}${text[at + words.length] ?? ''}`
    const opened = text.lastIndexOf('${{', at)
    const isInside = opened >= start && text.lastIndexOf('}}', at) < opened
    if (isInside && !/\w/.test(around) && text[at - 1] !== '.') return at
  }
  return undefined
}

/** For one question; `locatedDocument` answers several about one text. */
export function locate(file: string, text: string, path: string): Place | undefined {
  return locatedDocument(file, text).locate(path)
}
