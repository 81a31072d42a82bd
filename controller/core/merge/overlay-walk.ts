import type { Json } from '../model/values.ts'
import type { Notice, MergeProblem, ProblemCode } from './notice.ts'
import type { Path, Segment } from './path.ts'

/** Where applying an overlay stands, and what it has found on the way. */
export class OverlayWalk {
  readonly notices: Notice[] = []
  readonly problems: MergeProblem[] = []
  readonly #path: Segment[] = []
  /** Whether the parent had this path at the version the overlay was written against. */
  readonly #knownBefore: (path: Path) => boolean

  constructor(knownBefore: (path: Path) => boolean) {
    this.#knownBefore = knownBefore
  }

  at<T>(segment: Segment, visit: () => T): T {
    this.#path.push(segment)
    const result = visit()
    this.#path.pop()
    return result
  }

  problem(code: ProblemCode, message: string): void {
    this.problems.push({ code, path: [...this.#path], message })
  }

  notice(code: Notice['code'], anchors?: { anchor: Json; used?: Json }): void {
    this.notices.push({ code, path: [...this.#path], ...anchors })
  }

  /** A delete or move found nothing: either the parent has dropped it since, or it was never there. */
  noTarget(): void {
    this.notice(this.#knownBefore(this.#path) ? 'redundant' : 'dangling-intent')
  }
}
