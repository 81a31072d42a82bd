import type { Path } from './path.ts'

/** `alias-expanded`: a value that came from an anchor changed here only, so it is written out at this place. */
export interface WriteBackNotice {
  readonly code: 'alias-expanded'
  readonly path: Path
}
