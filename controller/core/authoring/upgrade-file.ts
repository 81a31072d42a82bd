import { baseAnnotation, unresolvedAnnotation, type UpgradeEdit } from '../desired/index.ts'
import { isMap, isScalar, isSeq, parseDocument, type Scalar, visit } from 'yaml'
import { editYaml, type Moved, writeBack, type WriteBackResult } from '../merge/index.ts'
import { type KindSchema, schemaOf } from '../model/schemas.ts'
import { stepListKeys } from '../model/step-lists.ts'
import { type Json, type JsonMap, newMap } from '../model/values.ts'

/**
 * The text of a tenant's file after an upgrade, changed only where it has to. `theirs` and `base` are the texts of the
 * releases; comments of what the template changed come from there into a clone.
 */
export function upgradeFile(
  edit: UpgradeEdit,
  texts: { ours: string; base?: string; theirs?: string },
): WriteBackResult {
  if (edit.kind === 'pin') {
    return editYaml({
      text: texts.ours,
      schema: schemaOf('Tenant'),
      edits: [{ path: ['spec', 'pins', edit.workflow], value: edit.version }],
    })
  }
  const resource = edit.resource as unknown as JsonMap
  const value = copy(resource)
  const annotations = copy((resource['metadata'] as JsonMap)['annotations'] as JsonMap | undefined)
  if (edit.kind === 'clone') annotations[baseAnnotation] = edit.base
  if (edit.unresolved.length > 0) annotations[unresolvedAnnotation] = edit.unresolved.join(' ')
  else delete annotations[unresolvedAnnotation]
  const metadata = copy(resource['metadata'] as JsonMap)
  if (Object.keys(annotations).length > 0) metadata['annotations'] = annotations
  else delete metadata['annotations']
  value['metadata'] = metadata
  if (edit.kind === 'clone') {
    value['spec'] = edit.spec
    const { base, theirs } = texts
    return writeBack({
      text: renamed(texts.ours, edit.moved),
      value,
      schema: schemaOf('Workflow'),
      ...(base !== undefined && theirs !== undefined && { base, theirs }),
    })
  }
  const spec = copy(resource['spec'] as JsonMap)
  spec['base'] = edit.base
  spec['patch'] = edit.patch
  value['spec'] = spec
  return writeBack({ text: renamed(texts.ours, edit.moved), value, schema: overlaySchema() })
}

/** The text with the ids of renamed steps in place: with another id, the comments of a step would be those of another. */
function renamed(text: string, moved: readonly Moved[]): string {
  if (moved.length === 0) return text
  const found = new Map<string, Scalar[]>()
  visit(parseDocument(text), {
    Pair: (_, { key, value }) => {
      if (!isScalar(key) || !stepListKeys.includes(key.value as string) || !isSeq(value)) return
      for (const item of value.items) {
        const id = isMap(item) ? item.get('id', true) : undefined
        if (id && typeof id.value === 'string') found.set(id.value, [...(found.get(id.value) ?? []), id])
      }
    },
  })
  const splices = moved.flatMap(({ from, to }) =>
    found.has(to)
      ? []
      : (found.get(from) ?? []).map(({ range }) => ({ from, to, at: range as [number, number, number] })),
  )
  return splices
    .sort((a, b) => b.at[0] - a.at[0])
    .reduce((left, { from, to, at: [start, end] }) => {
      const written = left.slice(start, end).replace(from, to)
      return `${left.slice(0, start)}${written}${left.slice(end)}`
    }, text)
}

/** An overlay's file, with the patch in the shape of a workflow's spec: its lists are found by key too. */
export function overlaySchema(): KindSchema {
  const overlay = schemaOf('Overlay')
  const spec = overlay.properties?.['spec'] as KindSchema
  const patch = schemaOf('Workflow').properties?.['spec'] as KindSchema
  return {
    ...overlay,
    properties: { ...overlay.properties, spec: { ...spec, properties: { ...spec.properties, patch } } },
  }
}

function copy(map: JsonMap | undefined): Record<string, Json> {
  return Object.assign(newMap(), map)
}
