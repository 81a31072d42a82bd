import type { Declared, DesiredState, DesiredWorkflow, WorkflowFiles } from '../desired/index.ts'
import { baseAnnotation, cloneBase } from '../desired/visible-workflow.ts'
import { fullName, isUnreadable } from '../desired/fleet.ts'
import { editYaml, writeBack } from '../merge/index.ts'
import { parentPath } from '../model/names.ts'
import { parseDocument } from '../model/parse-document.ts'
import type { Problem } from '../model/problems.ts'
import { schemaOf } from '../model/schemas.ts'
import { type Json, newMap, toValue } from '../model/values.ts'
import { type Authored, edited, firstOf, isRefusal, type Refusal, refused, refusedBy, type TextOf } from './authored.ts'
import { changedByClone } from './clone-effect.ts'
import { folderOf, nameSeenFrom, receivedWorkflow, severalOverlays } from './find-workflow.ts'
import { movedText } from './schema-line.ts'

/**
 * A full copy of a workflow as a tenant has it, in the tenant's own folder. Nobody's workflow changes by it: every
 * overlay is part of the copy, and the tenant's own one goes.
 */
export function clone(state: DesiredState, textOf: TextOf, name: string, tenant: string): Authored {
  const received = receivedWorkflow(state, tenant, name)
  if (isRefusal(received)) return received
  const { workflow } = received
  const forbidden = notClonable(state, tenant, workflow)
  if (forbidden) return forbidden
  const made = copyOf(state, textOf, tenant, workflow)
  if (isRefusal(made)) return made
  const { chain } = workflow
  const own = chain.overlay?.owner === tenant ? chain.overlay : undefined
  const several = own && chain.beside && severalOverlays(tenant, workflow)
  if (several) return several
  const rest = own && withoutPatch(own, textOf)
  if (rest && isRefusal(rest)) return rest

  const changed = changedByClone(state, workflow, made.files, {
    above: own && chain.above ? chain.above : chain,
    base: made.base,
    ...(rest && own && { locks: own }),
  })
  if (changed.length > 0) {
    return refused(
      'conflict',
      `the clone would change what ${firstOf(changed)} runs: an overlay or a pin there stands on another release than ${workflow.release}`,
      `upgrade it first: \`headwater upgrade ${changed[0]} ${workflow.name} --to ${workflow.release}\``,
    )
  }
  const edits: [string, string | null][] = [[made.file, made.text]]
  if (own) edits.push([own.file, rest ? rest.text : null])
  return edited(edits, [
    `Clone ${workflow.name} ${workflow.release} for ${tenant}`,
    `digest ${workflow.digest.slice(0, 12)}, as before`,
    ...(own && !rest ? [`${own.file} is part of the copy now`] : []),
    ...(rest ? [`${own?.file} keeps its locks for the tenants below`] : []),
    'new releases arrive as pull requests that merge into the copy',
  ])
}

function notClonable(state: DesiredState, tenant: string, workflow: DesiredWorkflow): Refusal | undefined {
  const { name } = workflow
  if (workflow.share.resource.spec.access === 'read-only')
    return refused(
      'not-customisable',
      `${name} is shared read-only with ${tenant}`,
      `ask the owner of ${workflow.share.file}`,
    )
  const present = state.fleet.workflows.get(fullName(tenant, name))
  if (!present) return undefined
  const what = cloneBase(present) === undefined ? 'a workflow of its own called so' : 'its clone already'
  return refused('duplicate-name', `${tenant} has ${what}: ${folderOf(present)}/`, 'edit it there')
}

interface Copy {
  readonly file: string
  readonly text: string
  /** Release of the original that the copy stands on. */
  readonly base: string
  readonly files: WorkflowFiles
}

function copyOf(state: DesiredState, textOf: TextOf, tenant: string, workflow: DesiredWorkflow): Copy | Refusal {
  const { chain, release, name, spec } = workflow
  const source = chain.workflow.releases.get(release) ?? chain.workflow.head
  if (!source || isUnreadable(source)) return refused('unknown-release', `${name} has no release ${release}`)
  const base = cloneBase(chain.workflow)?.split('@')[1] ?? release
  const file = `${folderOf({ owner: tenant, name })}/workflow.yaml`
  const value = Object.assign(newMap(), source.resource as unknown as Record<string, Json>)
  const { metadata } = source.resource
  const stated = `${nameSeenFrom(state, parentPath(tenant), workflow)}@${base}`
  value['metadata'] = toValue({ ...metadata, annotations: { ...metadata.annotations, [baseAnnotation]: stated } })
  value['spec'] = spec as unknown as Json
  const text = movedText(textOf(source.file), source.file, file)
  const written = writeBack({ text, value, schema: schemaOf('Workflow') })
  if (written.kind === 'failed') return refused('invalid-result', `the copy cannot be written: ${written.reason}`)
  const verdict = parseDocument({ file, bytes: new TextEncoder().encode(written.text), kinds: ['Workflow'] })
  if (verdict.kind === 'problems') return refusedBy(verdict.problems[0] as Problem)
  const head: Declared<'Workflow'> = { file, oid: '', owner: tenant, resource: verdict.resource }
  return { file, text: written.text, base, files: { owner: tenant, name, head, releases: new Map(), tests: [] } }
}

/** The overlay with nothing but its locks, which bind the tenants below; undefined where it has none. */
function withoutPatch({ file, resource }: Declared<'Overlay'>, textOf: TextOf): { text: string } | Refusal | undefined {
  if (!resource.spec.locks?.length) return undefined
  const edits = [{ path: ['spec', 'patch'], value: newMap() }]
  const written = editYaml({ text: textOf(file), schema: schemaOf('Overlay'), edits })
  return written.kind === 'written' ? written : refused('wrong-value', `${file} cannot be edited: ${written.reason}`)
}
