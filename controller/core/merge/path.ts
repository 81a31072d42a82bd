import { type FieldSegment, formatFieldPath, parseFieldPath } from '../model/field-path.ts'

/** A map key, the key fields of a list item (`{ id: 'a' }`), or an element of a set (`{ '=': 'a' }`); never an index. */
export type Segment = Exclude<FieldSegment, number>
export type Path = readonly Segment[]

/** `/spec/steps/[id=create-user]/with/url`, `/ports/[port=80,protocol=TCP]`, `/tags/[=blue]`. */
export function formatPath(path: Path): string {
  return formatFieldPath(path)
}

/** Reads what `formatPath` writes; undefined where the text is no path. */
export function parsePath(text: string): Path | undefined {
  return parseFieldPath(text)
}
