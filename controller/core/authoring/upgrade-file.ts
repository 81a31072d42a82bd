import { baseAnnotation, unresolvedAnnotation, type UpgradeEdit } from '../desired/index.ts'
import { editYaml, writeBack, type WriteBackResult } from '../merge/index.ts'
import { type KindSchema, schemaOf } from '../model/schemas.ts'
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
      text: texts.ours,
      value,
      schema: schemaOf('Workflow'),
      ...(base !== undefined && theirs !== undefined && { base, theirs }),
    })
  }
  const spec = copy(resource['spec'] as JsonMap)
  spec['base'] = edit.base
  spec['patch'] = edit.patch
  value['spec'] = spec
  return writeBack({ text: texts.ours, value, schema: overlaySchema() })
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
