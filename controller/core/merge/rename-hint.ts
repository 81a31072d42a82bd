import { equal, isList, isMap, type Json, type JsonList } from '../model/values.ts'
import type { RenameHint, Side } from './conflict.ts'
import { type MemberIndex, type MemberRule, memberSegment } from './list-rule.ts'

const enough = 0.6
/** Comparing every deleted member with every added one is quadratic; beyond this many nobody reads hints. */
const maxCandidates = 50

/** The added member that is most like the deleted one; undefined iff none has 60 % of its leaves. Never more than a hint. */
export function renameHint(
  deleted: Json,
  list: JsonList,
  indexes: Readonly<Record<Side, MemberIndex>>,
  deleter: 'ours' | 'theirs',
  rule: MemberRule,
): RenameHint | undefined {
  if (rule.kind !== 'keyed') return undefined
  const keys = new Set(rule.fields)
  let best: RenameHint | undefined
  let candidates = 0
  for (const [key, at] of indexes[deleter]) {
    if (indexes.base.has(key)) continue
    if (++candidates > maxCandidates) break
    const added = list[at] as Json
    const similarity = equalShare(deleted, added, keys)
    if (similarity >= enough && similarity > (best?.similarity ?? 0))
      best = { to: [memberSegment(added, rule)], similarity }
  }
  return best
}

/** Equal leaves among all leaves of both, the key fields apart. */
function equalShare(a: Json, b: Json, keys: ReadonlySet<string>): number {
  const left = leaves(a, keys)
  const right = leaves(b, keys)
  let same = 0
  for (const [path, value] of left) if (equal(value, right.get(path))) same++
  const all = left.size + right.size - same
  return all === 0 ? 0 : same / all
}

function leaves(value: Json, keys: ReadonlySet<string>): Map<string, Json> {
  const found = new Map<string, Json>()
  const visit = (here: Json, path: string): void => {
    if (isMap(here)) {
      for (const key of Object.keys(here)) if (path !== '' || !keys.has(key)) visit(here[key] as Json, `${path}/${key}`)
    } else if (isList(here) && here.some((item) => isMap(item)))
      here.forEach((item, at) => visit(item, `${path}/${at}`))
    else found.set(path, here)
  }
  visit(value, '')
  return found
}
