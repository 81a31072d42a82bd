import type { Json } from '../model/values.ts'
import type { MemberRule } from './list-rule.ts'
import { memberSegment } from './list-rule.ts'
import type { Path, Segment } from './path.ts'
import type { WriteBackNotice } from './write-back-notice.ts'
import type { YamlStyle } from './yaml-style.ts'

/** What one writing knows as it goes down the document. */
export class Writing {
  readonly eol: string
  readonly style: YamlStyle
  readonly notices: WriteBackNotice[] = []
  /** What each anchor names, as far as the document is written: an alias means the last one before it. */
  readonly anchors = new Map<string, Json>()
  readonly #path: Segment[] = []

  constructor(eol: string, style: YamlStyle) {
    this.eol = eol
    this.style = style
  }

  get path(): Path {
    return [...this.#path]
  }

  inside<T>(segment: Segment | undefined, write: () => T): T {
    if (segment === undefined) return write()
    this.#path.push(segment)
    const written = write()
    this.#path.pop()
    return written
  }

  expanded(): void {
    this.notices.push({ code: 'alias-expanded', path: this.path })
  }
}

/** An item without identity has no path of its own. */
export function segmentOf(value: Json, key: string | undefined, rule: MemberRule | undefined): Segment | undefined {
  if (key !== undefined) return key
  return rule ? memberSegment(value, rule) : undefined
}
