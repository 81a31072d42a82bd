import { get, isMap, type Json, type JsonMap } from '../model/values.ts'
import { type KeyedRule, type MemberIndex, type MemberKey, memberKey } from './list-rule.ts'
import { anchorsOf } from './overlay-directives.ts'
import type { OverlayWalk } from './overlay-walk.ts'
import type { Anchor, Place } from './placement.ts'

/** The place a member asks for: `$after`, `$before` or `$position`, or the same words inside `$move`. */
export function placeOf(change: JsonMap, rule: KeyedRule, walk: OverlayWalk): Place | undefined {
  const move = get(change, '$move')
  if (move !== undefined && !isMap(move)) {
    walk.problem('bad-directive', '$move is a map with after, before or position.')
    return undefined
  }
  const word = (name: string): Json | undefined => (move ? get(move, name) : get(change, `$${name}`))
  const required = word('anchor') === 'required' || get(change, '$anchor') === 'required'
  const position = word('position')
  if (position === 'first' || position === 'last') return { side: position }
  for (const side of ['after', 'before'] as const) {
    const wanted = word(side)
    if (wanted === undefined) continue
    const anchors = anchorsOf(wanted).map((shown) => anchorOf(shown, rule))
    if (anchors.length > 0 && anchors.every((anchor) => anchor !== undefined)) return { side, anchors, required }
    walk.problem('bad-directive', `${side} names the key of a member, or several to fall back on.`)
    return undefined
  }
  if (position !== undefined) walk.problem('bad-directive', 'position is first or last.')
  else if (move) walk.problem('bad-directive', '$move needs after, before or position.')
  return undefined
}

/** A single key field is written as its value, several as a map of fields. */
function anchorOf(shown: Json, rule: KeyedRule): Anchor | undefined {
  const member = isMap(shown) || rule.fields.length > 1 ? shown : { [rule.fields[0] as string]: shown }
  const key = memberKey(member, rule)
  return key === undefined ? undefined : { key, shown }
}

/** Without a wish: after the nearest preceding member that the parent has, else before the nearest following one, else last. */
export function implicitPlaces(changes: MemberIndex, old: MemberIndex): (at: number) => Place {
  const before: (MemberKey | undefined)[] = []
  const after: (MemberKey | undefined)[] = []
  const keys = [...changes.keys()]
  let known: MemberKey | undefined
  for (let at = 0; at < keys.length; at++) {
    before[at] = known
    if (old.has(keys[at] as MemberKey)) known = keys[at]
  }
  known = undefined
  for (let at = keys.length - 1; at >= 0; at--) {
    after[at] = known
    if (old.has(keys[at] as MemberKey)) known = keys[at]
  }
  return (at) => {
    const previous = before[at]
    const next = after[at]
    if (previous !== undefined) return beside('after', previous)
    return next === undefined ? { side: 'last' } : beside('before', next)
  }
}

function beside(side: 'after' | 'before', key: MemberKey): Place {
  return { side, anchors: [{ key, shown: key }], required: false }
}
