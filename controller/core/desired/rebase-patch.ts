import { applyOverlay, extractOverlay, type Moved, type Path } from '../merge/index.ts'
import { listRule, memberKey } from '../merge/list-rule.ts'
import { fieldSchema, type SchemaNode } from '../merge/merge-schema.ts'
import { readPath, writePath } from '../merge/read-path.ts'
import { applyMoves } from '../merge/references.ts'
import { equal, get, isList, isMap, type Json, type JsonMap, newMap, toValue } from '../model/values.ts'
import { stepReferences } from './step-references.ts'

export interface Rebase {
  /** The overlay's change as it stands, in the shape of the whole document. */
  readonly patch: Json
  /** The document of the level above that the change shall apply to from now on. */
  readonly onto: Json
  /** What must come out. */
  readonly result: Json
  /** Paths at which a person took the other side: the change is given up there. */
  readonly given: readonly Path[]
  /** Renames between the old level above and the new one: the intents follow. */
  readonly moved: readonly Moved[]
  readonly schema: SchemaNode
}

/**
 * The change that makes `result` of `onto`, keeping what the old one says as far as it still holds. Intents that have
 * become redundant stay: a tombstone of a step that the template has deleted too must hold when the step comes back.
 */
export function rebasePatch({ patch, onto, result, given, moved, schema }: Rebase): Json {
  const fits = (candidate: Json): boolean => {
    const applied = applyOverlay({ base: onto, overlay: candidate, schema })
    return applied.kind === 'applied' && equal(applied.value, result)
  }
  const named = dropIntents(movedPatch(patch, schema, moved), given, schema)
  if (fits(named)) return named
  const kept = withoutRequirements(named, onto, schema)
  const applied = applyOverlay({ base: onto, overlay: kept, schema })
  if (applied.kind === 'applied') {
    const rest = extractOverlay({ base: applied.value, ours: result, schema })
    const composed = rest === undefined ? kept : compose(kept, rest, schema)
    if (fits(composed)) return composed
  }
  return extractOverlay({ base: onto, ours: result, schema }) ?? newMap()
}

/** The patch with the names that steps have after the renames. */
export function movedPatch(patch: Json, schema: SchemaNode, moved: readonly Moved[]): Json {
  return renameAnchors(applyMoves(patch, schema, stepReferences, moved) as Json, moved)
}

/** In a patch a step is also mentioned as the place of another one, whether or not the patch changes it. */
function renameAnchors(patch: Json, moved: readonly Moved[]): Json {
  if (moved.length === 0) return patch
  const renamed = (anchor: Json): Json =>
    isList(anchor) ? anchor.map(renamed) : moved.reduce((name, { from, to }) => (name === from ? to : name), anchor)
  const visit = (value: Json, isPlace: boolean): Json => {
    if (isList(value)) return value.map((item) => visit(item, false))
    if (!isMap(value)) return value
    const copy = newMap()
    for (const [key, item] of Object.entries(value)) {
      const isAnchor = isPlace ? key === 'after' || key === 'before' : key === '$after' || key === '$before'
      copy[key] = isAnchor ? renamed(item) : visit(item, key === '$move')
    }
    return copy
  }
  return visit(patch, false)
}

/** Somebody has agreed to another place: a neighbour that is gone cannot be required any more. */
function withoutRequirements(patch: Json, onto: Json, schema: SchemaNode): Json {
  const applied = applyOverlay({ base: onto, overlay: patch, schema })
  if (applied.kind === 'applied') return patch
  return applied.problems
    .filter(({ code }) => code === 'anchor-lost')
    .reduce<Json>((left, { path }) => {
      const { $anchor: _, $move: move, ...member } = (readPath(left, path, schema) ?? newMap()) as JsonMap
      const { anchor: __, ...place } = (move ?? newMap()) as JsonMap
      const relaxed = toValue({ ...member, ...(move !== undefined && { $move: place }) })
      return writePath(left, path, schema, relaxed) as Json
    }, patch)
}

/** Decisions on a change that stands on `onto` already: at `given` it is given up, at `values` it says something else. */
export function settlePatch({
  patch,
  onto,
  given,
  values,
  schema,
}: Pick<Rebase, 'patch' | 'onto' | 'given' | 'schema'> & {
  readonly values: readonly { readonly path: Path; readonly value: Json | undefined }[]
}): { readonly patch: Json; readonly result: Json } | undefined {
  const kept = dropIntents(patch, given, schema)
  const applied = applyOverlay({ base: onto, overlay: kept, schema })
  if (applied.kind === 'invalid') return undefined
  const result = values.reduce((left, { path, value }) => writePath(left, path, schema, value), applied.value) as Json
  return { patch: rebasePatch({ patch: kept, onto, result, given: [], moved: [], schema }), result }
}

/** The patch without what it says at the paths. */
function dropIntents(patch: Json, paths: readonly Path[], schema: SchemaNode): Json {
  return paths.reduce<Json>((left, path) => dropIntent(left, path, schema) ?? newMap(), patch)
}

/** The patch without what it says at a path; undefined where nothing else is left of it. */
function dropIntent(patch: Json, [segment, ...rest]: Path, schema: SchemaNode): Json | undefined {
  if (segment === undefined) return undefined
  if (typeof segment === 'string') {
    if (!isMap(patch)) return patch
    const before = get(patch, segment)
    if (before === undefined) return patch
    return withKey(patch, segment, dropIntent(before, rest, fieldSchema(schema, segment)))
  }
  const rule = listRule(schema)
  if (!rule || !isList(patch)) return patch
  const wanted = memberKey(rule.kind === 'set' ? (segment['='] as Json) : segment, rule)
  const left = patch.flatMap((item) => {
    if (memberKey(item, rule) !== wanted) return [item]
    const kept = dropIntent(item, rest, rule.item)
    return kept === undefined ||
      (isMap(kept) &&
        rule.kind === 'keyed' &&
        Object.keys(kept).every((key) => rule.fields.some((name) => name === key)))
      ? []
      : [kept]
  })
  return left.length === 0 ? undefined : left
}

function withKey(map: JsonMap, key: string, value: Json | undefined): JsonMap | undefined {
  const copy = newMap()
  for (const [name, item] of Object.entries(map))
    if (name !== key || value !== undefined) copy[name] = name === key ? (value as Json) : item
  return Object.keys(copy).length === 0 ? undefined : copy
}

/** One change that does what `first` and then `second` do; the later word holds. */
function compose(first: Json | undefined, second: Json, schema: SchemaNode): Json {
  const rule = listRule(schema)
  if (rule?.kind === 'keyed' && isList(first) && isList(second)) {
    const composed = [...first]
    for (const item of second) {
      const at = composed.findIndex((candidate) => memberKey(candidate, rule) === memberKey(item, rule))
      if (at < 0) composed.push(item)
      else composed[at] = isMap(item) && '$delete' in item ? item : compose(composed[at], item, rule.item)
    }
    return composed
  }
  if (!isMap(first) || !isMap(second)) return second
  const composed = newMap()
  for (const [key, value] of Object.entries(first)) composed[key] = value
  for (const [key, value] of Object.entries(second))
    composed[key] = compose(get(first, key), value, fieldSchema(schema, key))
  return composed
}
