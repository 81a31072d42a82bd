import { isList, isMap, type Json, newMap } from '../model/values.ts'
import type { Conflict, DanglingReference } from './conflict.ts'
import { type KeyedRule, listRule, memberSegment } from './list-rule.ts'
import { fieldSchema, type SchemaNode } from './merge-schema.ts'
import { formatPath, type Path, type Segment } from './path.ts'
import { readPath } from './read-path.ts'
import { type ReferenceKeys, referenceKeys } from './reference-keys.ts'

/** How documents of one kind mention members of their lists. The engine itself knows no field names. */
export interface ReferenceRules {
  /** Whether members of the list at this path are mentioned by their key. Keys are unique across all such lists. */
  readonly isTarget: (list: Path) => boolean
  /** The keys that one scalar mentions. */
  readonly mentions: (path: Path, scalar: Json) => readonly string[]
  /** The scalar with one key renamed wherever it mentions it. */
  readonly rename: (path: Path, scalar: Json, from: string, to: string) => Json
  /**
   * Present where the rules say the same of a member of such a list wherever it stands: what was found in it is kept
   * here, since versions of a document share most of their members.
   */
  readonly remembered?: WeakMap<object, ReferenceKeys>
}

/** A declared rename: what was `from` in older versions is `to` now. */
export interface Moved {
  readonly from: string
  readonly to: string
}

interface Mention {
  readonly path: Path
  readonly to: string
}

interface Found {
  readonly targets: ReadonlySet<string>
  readonly mentions: ReadonlyMap<string, Mention>
}

export function findReferences(value: Json | undefined, schema: SchemaNode, rules: ReferenceRules): Found {
  const targets = new Set<string>()
  const mentions = new Map<string, Mention>()
  const rewrite: Rewrite = {
    key: (_list, key) => {
      targets.add(key)
      return key
    },
    scalar: (path, scalar) => {
      for (const to of rules.mentions(path, scalar)) mentions.set(`${formatPath(path)} ${to}`, { path: [...path], to })
      return scalar
    },
  }
  if (value !== undefined) rewriteNode(value, schema, [], rules, rewrite)
  return { targets, mentions }
}

/** The document with declared renames applied to keys and mentions; one whose new key is taken already is left out. */
export function applyMoves(
  value: Json | undefined,
  schema: SchemaNode,
  rules: ReferenceRules,
  moves: readonly Moved[],
): Json | undefined {
  let result = value
  for (const { from, to } of moves) {
    if (result === undefined) break
    const { targets } = referenceKeys(result, schema, rules)
    if (!targets.includes(from) || targets.includes(to)) continue
    result = rewriteNode(result, schema, [], rules, {
      key: (_list, key) => (key === from ? to : key),
      scalar: (path, scalar) => rules.rename(path, scalar, from, to),
    })
  }
  return result
}

/**
 * Mentions of members that the merged document no longer has. A mention that dangled already on every side that
 * has it is not the merge's doing and left to validation.
 */
export function danglingReferences(
  sides: { readonly base: Json | undefined; readonly ours: Json | undefined; readonly theirs: Json | undefined },
  merged: Json | undefined,
  schema: SchemaNode,
  rules: ReferenceRules,
): readonly Conflict[] {
  if (merged === undefined) return []
  const { targets, mentions } = referenceKeys(merged, schema, rules)
  const known = new Set(targets)
  if (mentions.every((to) => known.has(to))) return []
  const result = findReferences(merged, schema, rules)
  const lost = [...result.mentions].filter(([, { to }]) => !result.targets.has(to))
  const ours = findReferences(sides.ours, schema, rules)
  const theirs = findReferences(sides.theirs, schema, rules)
  return lost.flatMap(([id, { path, to }]) => {
    const healthy = [ours, theirs].some((side) => side.mentions.has(id) && side.targets.has(to))
    if (!healthy) return []
    const reference: DanglingReference = {
      to,
      deletedBy: who(!ours.targets.has(to), !theirs.targets.has(to)),
      mentionedBy: who(ours.mentions.has(id), theirs.mentions.has(id)),
    }
    const at = Object.entries(sides).map(([side, value]) => [side, readPath(value, path, schema)] as const)
    const values = Object.fromEntries(at.filter(([, value]) => value !== undefined)) as Pick<
      Conflict,
      'base' | 'ours' | 'theirs'
    >
    return [{ path, type: 'dangling-reference' as const, ...values, resolutions: ['value' as const], reference }]
  })
}

function who(ours: boolean, theirs: boolean): 'ours' | 'theirs' | 'both' {
  if (ours && theirs) return 'both'
  return ours ? 'ours' : 'theirs'
}

interface Rewrite {
  readonly key: (list: Path, key: string) => string
  readonly scalar: (path: Path, scalar: Json) => Json
}

/** Visits every scalar and every key of a target list; shares what did not change. Elements of atomic lists have the list's path. */
function rewriteNode(value: Json, schema: SchemaNode, path: Segment[], rules: ReferenceRules, rewrite: Rewrite): Json {
  const inside = (segment: Segment, item: Json, node: SchemaNode): Json => {
    path.push(segment)
    const after = rewriteNode(item, node, path, rules, rewrite)
    path.pop()
    return after
  }
  if (isMap(value)) {
    const result = newMap()
    let changed = false
    for (const key of Object.keys(value)) {
      result[key] = inside(key, value[key] as Json, fieldSchema(schema, key))
      if (result[key] !== value[key]) changed = true
    }
    return changed ? result : value
  }
  if (!isList(value)) return rewrite.scalar(path, value)
  const rule = listRule(schema)
  const named = rule?.kind === 'keyed' && rule.fields.length === 1 && rules.isTarget(path) ? rule : undefined
  const result = value.map((item) => {
    if (!rule) return rewriteNode(item, schema?.items, path, rules, rewrite)
    const after = inside(isMap(item) || rule.kind === 'set' ? memberSegment(item, rule) : '', item, rule.item)
    return named ? renamed(after, named, path, rewrite) : after
  })
  return result.every((item, at) => item === value[at]) ? value : result
}

function renamed(member: Json, rule: KeyedRule, list: Path, rewrite: Rewrite): Json {
  const field = rule.fields[0] as string
  const key = isMap(member) ? member[field] : undefined
  if (!isMap(member) || typeof key !== 'string') return member
  const next = rewrite.key(list, key)
  return next === key ? member : Object.assign(newMap(), member, { [field]: next })
}
