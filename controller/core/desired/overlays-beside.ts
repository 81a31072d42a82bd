import {
  applyOverlay,
  type Conflict,
  type MergeResult,
  type Moved,
  parsePath,
  type Path,
  readPath,
  type Resolution,
  resolveConflicts,
  startsWith,
} from '../merge/index.ts'
import { schemaOf } from '../model/schemas.ts'
import { equal, isList, isMap, type Json, type JsonMap } from '../model/values.ts'
import type { Declared } from './fleet.ts'
import { movedPatch } from './rebase-patch.ts'
import type { Rendering, WorkflowDocument } from './render.ts'
import { stepReferences } from './step-references.ts'

export interface Beside {
  /** What all of them change. */
  readonly base: WorkflowDocument
  /** With the overlays before. */
  readonly ours: WorkflowDocument
  /** With the last one alone. */
  readonly theirs: WorkflowDocument
  /** Each of the overlays before, alone. */
  readonly others: readonly { readonly overlay: Declared<'Overlay'>; readonly rendering: Rendering }[]
  readonly own: Declared<'Overlay'>
}

/** Overlays of one tenant together. What one of them sets as a default gives way to what another says; else nobody wins. */
export function mergeBeside({ base, ours, theirs, others, own }: Beside): MergeResult {
  const schema = schemaOf('Workflow')
  const mine = marked(own.resource.spec)
  const isDefaultBefore = ({ path }: Conflict): boolean =>
    others.every(
      ({ overlay, rendering }) => covers(marked(overlay.resource.spec), path) || !changesAt(rendering, base, path),
    )
  const decide = (conflict: Conflict): Resolution | undefined => {
    const [before, last] = [isDefaultBefore(conflict), covers(mine, conflict.path)]
    return before === last ? undefined : before ? 'theirs' : 'ours'
  }
  return resolveConflicts({ base, ours, theirs, schema }, decide, { references: stepReferences })
}

/** Whether an overlay alone makes something else of a place. */
export function changesAt(rendering: Rendering, base: WorkflowDocument, path: Path): boolean {
  const schema = schemaOf('Workflow')
  const document = rendering.kind === 'rendered' ? rendering.document : undefined
  return !equal(readPath(document, path, schema), readPath(base, path, schema))
}

/** The paths at which a release has defaults only. */
export function defaultsOf({ spec }: WorkflowDocument): readonly Path[] {
  return marked(spec)
}

export function isMarkedDefault(spec: object, path: Path): boolean {
  return covers(marked(spec), path)
}

function marked(spec: object): readonly Path[] {
  const texts = (spec as { readonly 'x-default'?: readonly string[] })['x-default']
  if (texts === undefined) return none
  return texts.flatMap((text) => {
    const path = parsePath(text)
    return path && path.length > 0 ? [path] : []
  })
}

const none: readonly Path[] = []

function covers(paths: readonly Path[], path: Path): boolean {
  return paths.some((start) => startsWith(path, start))
}

/** Where a patch requires a neighbour that a document does not have. */
export function lostAnchors(patch: JsonMap, document: WorkflowDocument, moved: readonly Moved[]): readonly Path[] {
  if (!requiresAnchor(patch)) return none
  const schema = schemaOf('Workflow')
  const applied = applyOverlay({ base: document, overlay: movedPatch(patch, schema, moved), schema })
  if (applied.kind === 'applied') return none
  return applied.problems.filter(({ code }) => code === 'anchor-lost').map(({ path }) => path)
}

function requiresAnchor(patch: Json): boolean {
  if (isList(patch)) return patch.some(requiresAnchor)
  if (!isMap(patch)) return false
  return Object.entries(patch).some(
    ([key, value]) => (value === 'required' && (key === '$anchor' || key === 'anchor')) || requiresAnchor(value),
  )
}
