import type { Declared, DesiredState, DesiredWorkflow } from '../desired/index.ts'
import { digestOf } from '../desired/digest.ts'
import type { Chain } from '../desired/chain.ts'
import type { WorkflowDocument } from '../desired/render.ts'
import { diffPaths, extractOverlay, formatPath, writeBack } from '../merge/index.ts'
import { apiVersion } from '../model/gate-kind.ts'
import type { Overlay } from '../model/generated/kinds.ts'
import { isWithin } from '../model/names.ts'
import { parseDocument } from '../model/parse-document.ts'
import { schemaOf } from '../model/schemas.ts'
import { equal, get, type Json, type JsonMap, newMap, toValue } from '../model/values.ts'
import { type Authored, edited, isRefusal, type Refusal, refused, refusedUnplaced, type TextOf } from './authored.ts'
import { type EditedCopy, inDocument, readCopy } from './edited-copy.ts'
import { nameSeenFrom, ownerFolder, severalOverlays, workflowAtLevel } from './find-workflow.ts'
import { keepSpelling } from './keep-spelling.ts'
import { entry, newDocument } from './new-document.ts'
import { emptyPatch, overlaySpec } from './overlay-skeleton.ts'
import { schemaLineLike } from './schema-line.ts'

/**
 * The overlay that makes of the workflow above a tenant what the edited copy says: the smallest one, at the release in
 * force. Without a copy an empty overlay to start from.
 */
export function overlayFrom(
  state: DesiredState,
  textOf: TextOf,
  tenant: string,
  name: string,
  copy?: EditedCopy,
): Authored {
  const workflow = workflowAtLevel(state, tenant, name)
  if (isRefusal(workflow)) return workflow
  const { chain } = workflow
  const own = chain.overlay?.owner === tenant ? chain.overlay : undefined
  const several = own && chain.beside && severalOverlays(tenant, workflow)
  if (several) return several
  const forbidden = notCustomisable(state, tenant, workflow)
  if (forbidden) return forbidden
  const file = own?.file ?? `${ownerFolder(tenant)}overlays/${workflow.name}.yaml`
  const stranger = own ? undefined : state.fleet.tenants.get(tenant)?.overlays.find((other) => other.file === file)
  if (stranger)
    return refused('duplicate-name', `${file} is there, and changes ${stranger.resource.spec.workflow}`, 'rename it')
  const subject = { state, textOf, tenant, workflow, own, file, above: own && chain.above ? chain.above : chain }
  return copy === undefined ? skeleton(subject) : fromCopy(subject, copy)
}

interface Subject {
  readonly state: DesiredState
  readonly textOf: TextOf
  readonly tenant: string
  readonly workflow: DesiredWorkflow
  readonly own: Declared<'Overlay'> | undefined
  readonly file: string
  readonly above: Chain
}

function notCustomisable(
  state: DesiredState,
  tenant: string,
  { share, name, chain }: DesiredWorkflow,
): Refusal | undefined {
  const own = state.tenants.get(tenant)
  // What a tenant hands down read-only, without receiving it, is for others to leave alone.
  const isForOthers = isWithin(share.owner, tenant) && own?.kind === 'valid' && !own.workflows.has(name)
  if (share.resource.spec.access === 'read-only' && !isForOthers)
    return refused('not-customisable', `${name} is shared read-only with ${tenant}`, `ask the owner of ${share.file}`)
  if (chain.workflow.owner !== tenant) return undefined
  const { head } = chain.workflow
  return refused('wrong-value', `${tenant} owns this ${name} itself`, `edit ${head?.file ?? 'its workflow.yaml'}`)
}

function skeleton(subject: Subject): Authored {
  const { tenant, workflow, own, file } = subject
  if (own)
    return refused(
      'duplicate-name',
      `${own.file} changes ${workflow.name} already`,
      'edit it, or give a copy with --from',
    )
  const summary = [`Begin an overlay of ${workflow.name} for ${tenant}`, 'it changes nothing yet']
  return edited([[file, newText(subject, emptyPatch(workflow.spec.steps))]], summary)
}

function fromCopy(subject: Subject, copy: EditedCopy): Authored {
  const { state, textOf, tenant, workflow, own, file, above } = subject
  const { release, name } = workflow
  const wanted = readCopy(copy, workflow)
  if (isRefusal(wanted)) return wanted
  const schema = schemaOf('Workflow')
  const given = state.renderer.render(above, release)
  if (given.kind !== 'rendered')
    return refused(
      'held-back',
      `${name} ${release} cannot be rendered above ${tenant}`,
      'a tenant above has to decide first',
    )
  const smallest = extractOverlay({ base: given.document, ours: wanted, schema })
  if (smallest === undefined && !own)
    return refused('wrong-value', `${copy.file} says what ${tenant} has from above already`, 'edit the copy first')
  const present = own && inDocument(own.resource.spec.patch)
  const whole = smallest ?? inDocument(newMap())
  const change = present
    ? keepSpelling({ smallest: whole, present, onto: given.document, result: wanted, schema })
    : whole
  const patch = get(change as JsonMap, 'spec') ?? newMap()

  const resource = overlayResource(subject, patch)
  const broken = notTheCopy(subject, resource, wanted)
  if (broken) return broken
  const text = own ? rewritten(textOf(own.file), resource) : newText(subject, `  ${entry('patch', patch, 2)}`)
  if (typeof text !== 'string') return text
  if (!saysExactly(file, text, resource))
    return refused('overlay-invalid', 'the overlay cannot be written so that it says exactly this')
  if (own && text === textOf(own.file))
    return refused('wrong-value', `${own.file} says what ${copy.file} says already`, 'edit the copy first')
  const changes = diffPaths({ from: given.document, to: wanted, schema })
  const paths = [
    ...new Set(
      [...changes.added, ...changes.removed, ...changes.modified, ...changes.reordered].map((path) =>
        formatPath(path.slice(0, 3)),
      ),
    ),
  ]
  return edited(
    [[file, text]],
    [
      `${own ? 'Change' : 'Write'} the overlay of ${name} for ${tenant}`,
      `base ${release}`,
      ...(paths.length === 0 ? ['it changes nothing any more and may be removed'] : paths.slice(0, 10)),
      ...(paths.length > 10 ? [`and ${paths.length - 10} more places`] : []),
      ...(workflow.held ? [`held back from ${workflow.held.wanted} so far; without the conflict it follows`] : []),
    ],
  )
}

function overlayResource({ own, workflow, state, tenant }: Subject, patch: Json): Overlay {
  const { release: base, name } = workflow
  if (own) return { ...own.resource, spec: { ...own.resource.spec, base, patch: patch as JsonMap } }
  const spec = { workflow: nameSeenFrom(state, tenant, workflow), base, patch: patch as JsonMap }
  return { apiVersion, kind: 'Overlay', metadata: { name }, spec }
}

/** The overlay tried out: locks above it, and whether exactly the copy comes of it. */
function notTheCopy(
  { state, tenant, above, workflow, file }: Subject,
  resource: Overlay,
  wanted: WorkflowDocument,
): Refusal | undefined {
  const oid = `tried ${tenant} ${digestOf(resource.spec)}`
  const chain = {
    key: `${above.key} ${oid}`,
    workflow: above.workflow,
    above,
    overlay: { file, oid, owner: tenant, resource },
  }
  const rendering = state.renderer.render(chain, workflow.release)
  if (rendering.kind === 'invalid') return refusedUnplaced({ ...rendering.problem, tenant })
  if (rendering.kind === 'rendered' && equal(rendering.document, wanted)) return undefined
  return refused('overlay-invalid', `no overlay makes what the copy says of ${workflow.name} ${workflow.release}`)
}

function rewritten(text: string, resource: Overlay): string | Refusal {
  const written = writeBack({ text, value: toValue(resource), schema: schemaOf('Overlay') })
  return written.kind === 'written'
    ? written.text
    : refused('overlay-invalid', `the overlay cannot be edited: ${written.reason}`)
}

function saysExactly(file: string, text: string, resource: Overlay): boolean {
  const verdict = parseDocument({ file, bytes: new TextEncoder().encode(text), kinds: ['Overlay'] })
  return verdict.kind === 'parsed' && equal(verdict.resource as unknown as Json, toValue(resource))
}

function newText({ state, textOf, tenant, workflow, file }: Subject, patch: string): string {
  const neighbours = state.hierarchy.nodes.get(tenant)?.files.overlays ?? []
  const neighbour = neighbours[0] ?? [...state.fleet.tenants.values()].flatMap(({ overlays }) => overlays)[0]
  const like = neighbour?.file ?? workflow.share.file
  const line = schemaLineLike({ file: like, text: textOf(like) }, file, 'Overlay')
  return newDocument(
    'Overlay',
    workflow.name,
    overlaySpec(nameSeenFrom(state, tenant, workflow), workflow.release, patch),
    line,
  )
}
