import { equal, get, isList, isMap, type Json, type JsonMap, type MutableMap, newMap } from '../model/values.ts'
import type { Conflict, ConflictType, Resolution, ResolutionName } from './conflict.ts'
import { listRule, type MemberRule, memberSegment } from './list-rule.ts'
import { mergeMembers } from './merge-members.ts'
import { fieldSchema, isAtomicMap, isDefault, isEntity, type SchemaNode } from './merge-schema.ts'
import { mergeText } from './merge-text.ts'
import type { Notice } from './notice.ts'
import type { Segment } from './path.ts'

export type Value = Json | undefined
export type OrderPolicy = 'strict' | 'significant' | 'insignificant'

export interface WalkOptions {
  /** What to do where both sides insert at one place; for keyed lists whose schema does not say. Default `significant`: a notice. */
  readonly order?: OrderPolicy
  /** `off`: texts are one value, whatever their schema says. */
  readonly textMerge?: 'lines' | 'off'
  /** Asked at each conflict; an answer settles it. */
  readonly decide?: (conflict: Conflict) => Resolution | undefined
}

/** One merge: where it stands, and what it has found. */
export class MergeWalk {
  readonly conflicts: Conflict[] = []
  readonly notices: Notice[] = []
  readonly options: WalkOptions
  /** A member of a list is named only when somebody asks: few places are, and every merged member would pay. */
  readonly #path: (string | Member)[] = []

  /** Whether ours and theirs were equal at the place that was merged last. */
  #agreed = false

  constructor(options: WalkOptions) {
    this.options = options
  }

  /** Merges a field of the current place; undefined is absent. */
  field(key: string, base: Value, ours: Value, theirs: Value, schema: SchemaNode): Value {
    this.#path.push(key)
    const value = this.here(base, ours, theirs, schema)
    this.#path.pop()
    return value
  }

  /** Merges a member of the list at the current place, which both sides have. */
  member(base: Value, ours: Json, theirs: Json, rule: MemberRule): Value {
    if (ours === theirs) return ours
    this.#path.push({ value: ours, rule })
    const value = this.here(base, ours, theirs, rule.item)
    this.#path.pop()
    return value
  }

  /**
   * Merges the current place. Containers of one kind merge inside, everything else is one value: it is a conflict iff
   * both sides changed it. Maps are not compared first: the walk finds out on its way whether they are equal.
   */
  here(base: Value, ours: Value, theirs: Value, schema: SchemaNode): Value {
    if (isMap(ours) && isMap(theirs) && isMapOrAbsent(base) && !isAtomicMap(schema)) {
      return this.#map(base, ours, theirs, schema)
    }
    this.#agreed = equal(ours, theirs)
    if (this.#agreed) return ours
    const value = this.#apart(base, ours, theirs, schema)
    this.#agreed = false
    return value
  }

  #apart(base: Value, ours: Value, theirs: Value, schema: SchemaNode): Value {
    if (equal(base, ours)) return theirs
    if (equal(base, theirs)) return ours
    if (theirs === undefined && isDefault(schema, ours)) return ours
    if (ours === undefined && isDefault(schema, theirs)) return theirs

    if (isMapOrAbsent(base) && isMapOrAbsent(ours) && isMapOrAbsent(theirs) && !isAtomicMap(schema)) {
      if (isEntity(schema)) return this.conflict('delete/edit', base, ours, theirs)
      return keepPresence(this.#map(base, ours, theirs, schema), ours, theirs)
    }
    const rule = listRule(schema)
    if (rule && isListOrAbsent(base) && isListOrAbsent(ours) && isListOrAbsent(theirs)) {
      return keepPresence(mergeMembers(this, { base, ours, theirs }, rule, schema), ours, theirs)
    }
    if (base === undefined) return this.conflict('add/add', base, ours, theirs)
    if (ours === undefined || theirs === undefined) return this.conflict('delete/edit', base, ours, theirs)
    if (shape(base) !== shape(ours) || shape(base) !== shape(theirs)) return this.conflict('type', base, ours, theirs)
    if (schema?.['x-merge-text'] === 'lines' && this.options.textMerge !== 'off') return this.#text(base, ours, theirs)
    return this.conflict('edit/edit', base, ours, theirs)
  }

  /** Records a conflict and goes on with ours, so the tenant's behaviour stays; or with the answer, where there is one. */
  conflict(type: ConflictType, base: Value, ours: Value, theirs: Value, more: ConflictDetail = {}): Value {
    const { segment, both, renameHint, ...detail } = more
    const conflict: Conflict = {
      path: segment === undefined ? this.#here() : [...this.#here(), segment],
      type,
      ...(base !== undefined && { base }),
      ...(ours !== undefined && { ours }),
      ...(theirs !== undefined && { theirs }),
      resolutions:
        both === undefined ? ['ours', 'theirs', 'base', 'value'] : ['ours', 'theirs', 'base', 'both', 'value'],
      ...detail,
      ...(renameHint && { renameHint: { ...renameHint, to: [...this.#here(), ...renameHint.to] } }),
    }
    const answer = this.#answer(conflict)
    if (answer === undefined) this.conflicts.push(conflict)
    if (answer === 'theirs') return theirs
    if (answer === 'base') return base
    if (answer === 'both') return both ?? ours
    return typeof answer === 'object' ? answer.value : ours
  }

  #answer(conflict: Conflict): Resolution | undefined {
    const answer = this.options.decide?.(conflict)
    const name = typeof answer === 'object' ? 'value' : answer
    return name !== undefined && conflict.resolutions.includes(name) ? answer : undefined
  }

  notice(code: Notice['code']): void {
    this.notices.push({ code, path: this.#here() })
  }

  #here(): Segment[] {
    return this.#path.map((step) => (typeof step === 'string' ? step : memberSegment(step.value, step.rule)))
  }

  /**
   * Keys stand as in ours; keys of theirs alone stand behind the key they follow in theirs.
   * The result is ours itself, or theirs itself, iff it has exactly their values.
   */
  #map(base: JsonMap | undefined, ours: JsonMap | undefined, theirs: JsonMap | undefined, schema: SchemaNode): JsonMap {
    let result: MutableMap | undefined
    let likeOurs = true
    let likeTheirs = true
    let shared = 0
    for (const key in ours) {
      const before = ours[key] as Json
      const their = theirs && get(theirs, key)
      if (their !== undefined) shared++
      let value: Value = before
      if (before !== their) {
        const old = base && get(base, key)
        if (isScalar(before) && isScalar(their) && (old === before || old === their)) {
          value = old === before ? their : before
          this.#agreed = false
        } else value = this.field(key, old, before, their, fieldSchema(schema, key))
        if (result === undefined) {
          const source = likeOurs ? ours : theirs
          likeOurs &&= value === before
          likeTheirs &&= value === their || this.#agreed
          if (!likeOurs && !likeTheirs) result = copyKeys(ours, source, key)
        }
      }
      if (result !== undefined && value !== undefined) result[key] = value
    }
    const source = likeOurs ? ours : theirs
    let inserts: Inserts | undefined
    if (theirs !== undefined && hasMoreKeys(theirs, shared)) {
      let previous: string | undefined
      for (const key in theirs) {
        if (ours !== undefined && get(ours, key) !== undefined) {
          if (result === undefined || get(result, key) !== undefined) previous = key
          continue
        }
        const their = get(theirs, key)
        const value = this.field(key, base && get(base, key), undefined, their, fieldSchema(schema, key))
        if (value !== their) likeTheirs = false
        if (value === undefined) continue
        inserts ??= new Map()
        const block = inserts.get(previous)
        if (block) block.push([key, value])
        else inserts.set(previous, [[key, value]])
      }
    }
    this.#agreed = result === undefined && likeOurs && likeTheirs && inserts === undefined
    if (result === undefined) {
      if (likeOurs && inserts === undefined) return ours ?? newMap()
      if (likeTheirs) return theirs ?? newMap()
    }
    result ??= copyKeys(ours ?? {}, source)
    return inserts ? interleave(result, inserts) : result
  }

  #text(base: Json, ours: Json, theirs: Json): Value {
    if (typeof base !== 'string' || typeof ours !== 'string' || typeof theirs !== 'string') {
      return this.conflict('edit/edit', base, ours, theirs)
    }
    const result = mergeText(base, ours, theirs)
    if (result.kind === 'conflicted') {
      return this.conflict('text', base, ours, theirs, { regions: result.regions, both: result.both })
    }
    if (result.kind === 'merged') this.notice('text-merged')
    return result.text
  }
}

interface Member {
  readonly value: Json
  readonly rule: MemberRule
}

/** `segment`: the conflict lies one step below; `both`: the value that keeps both sides. */
export interface ConflictDetail extends Partial<Pick<Conflict, 'renameHint' | 'regions' | 'faults'>> {
  readonly segment?: Segment
  readonly both?: Json
  readonly resolutions?: readonly ResolutionName[]
}

/**
 * Whether a container exists is decided apart from what is in it: an emptied one stays iff both sides keep it,
 * or the side that keeps it says `{}` or `[]`.
 */
function keepPresence(merged: Value, ours: Value, theirs: Value): Value {
  if (merged === undefined || !isEmpty(merged) || (ours !== undefined && theirs !== undefined)) return merged
  const kept = ours ?? theirs
  return kept !== undefined && isEmpty(kept) ? kept : undefined
}

function isEmpty(container: Json): boolean {
  if (isList(container)) return container.length === 0
  for (const _ in container as JsonMap) return false
  return true
}

const isScalar = (value: Value): boolean => typeof value !== 'object' && value !== undefined
const isMapOrAbsent = (value: Value): value is JsonMap | undefined => value === undefined || isMap(value)
const isListOrAbsent = (value: Value): value is readonly Json[] | undefined => value === undefined || isList(value)

function shape(value: Json): 'map' | 'list' | 'scalar' {
  if (isList(value)) return 'list'
  return isMap(value) ? 'map' : 'scalar'
}

/** What `source` has under the keys of `map`, up to `end`. */
function copyKeys(map: JsonMap, source: JsonMap | undefined, end?: string): MutableMap {
  const copy = newMap()
  for (const key in map) {
    if (key === end) break
    const value = source && get(source, key)
    if (value !== undefined) copy[key] = value
  }
  return copy
}

function hasMoreKeys(map: JsonMap, count: number): boolean {
  let more = -count
  for (const _ in map) more++
  return more > 0
}

type Inserts = Map<string | undefined, [string, Json][]>

function interleave(kept: JsonMap, inserts: Inserts): JsonMap {
  const result = newMap()
  const insert = (previous: string | undefined): void => {
    for (const [key, value] of inserts.get(previous) ?? []) result[key] = value
  }
  insert(undefined)
  for (const key of Object.keys(kept)) {
    result[key] = kept[key] as Json
    insert(key)
  }
  return result
}
