import { applyOverlay, type Moved, type Path } from '../merge/index.ts'
import { schemaOf } from '../model/schemas.ts'
import { isList, isMap, type Json, type JsonMap } from '../model/values.ts'
import { movedPatch } from './rebase-patch.ts'
import type { WorkflowDocument } from './render.ts'

/** Where a patch requires a neighbour that a document does not have. */
export function lostAnchors(patch: JsonMap, document: WorkflowDocument, moved: readonly Moved[]): readonly Path[] {
  if (!requiresAnchor(patch)) return []
  const schema = schemaOf('Workflow')
  const applied = applyOverlay({ base: document, overlay: movedPatch(patch, schema, moved), schema })
  if (applied.kind === 'applied') return []
  return applied.problems.filter(({ code }) => code === 'anchor-lost').map(({ path }) => path)
}

function requiresAnchor(patch: Json): boolean {
  if (isList(patch)) return patch.some(requiresAnchor)
  if (!isMap(patch)) return false
  for (const key in patch) {
    const value = patch[key] as Json
    if ((value === 'required' && (key === '$anchor' || key === 'anchor')) || requiresAnchor(value)) return true
  }
  return false
}
