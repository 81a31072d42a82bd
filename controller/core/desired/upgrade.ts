import { type MergeOptions, type Moved, type Notice } from '../merge/index.ts'
import type { Overlay, Workflow } from '../model/generated/kinds.ts'
import { type Problem, problem } from '../model/problems.ts'
import { schemaOf } from '../model/schemas.ts'
import type { JsonMap } from '../model/values.ts'
import { type FieldChange, fieldChanges } from './compare.ts'
import { type Contest, contestOf, type RaisedConflict } from './conflicts.ts'
import { type Decide, decideMerge } from './decide-merge.ts'
import { isUnreadable, type WorkflowFiles } from './fleet.ts'
import type { TenantNode } from './hierarchy.ts'
import { type Chain, isLayer, type LayerChain, overlaysBeside, rootChain } from './chain.ts'
import { rebasePatch } from './rebase-patch.ts'
import { documentOf, type Resolved, type WorkflowDocument } from './render.ts'
import type { DesiredState, DesiredWorkflow } from './resolve.ts'
import { type Settled, settleClone, settleOverlay } from './settle-upgrade.ts'
import { stepReferences } from './step-references.ts'
import { baseAnnotation } from './visible-workflow.ts'
import { unresolvedIn, type UpgradeSubject } from './upgrade-subject.ts'

/** What an upgrade writes. `unresolved` names the paths that nobody has decided. */
export type UpgradeEdit =
  | {
      readonly kind: 'overlay'
      readonly file: string
      /** The object as it stands. */
      readonly resource: Overlay
      readonly base: string
      readonly patch: JsonMap
      /** Renamed steps, for the file to be edited where they stand. */
      readonly moved: readonly Moved[]
      readonly unresolved: readonly string[]
    }
  | {
      readonly kind: 'clone'
      readonly file: string
      readonly resource: Workflow
      readonly base: string
      readonly spec: JsonMap
      readonly moved: readonly Moved[]
      readonly unresolved: readonly string[]
      /** Files of the two releases, whose comments belong to what the template changed. */
      readonly releases?: { readonly base: string; readonly theirs: string }
    }
  | { readonly kind: 'pin'; readonly file: string; readonly workflow: string; readonly version: string }

export type Upgrade =
  | { readonly kind: 'current'; readonly reason: string }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | {
      /** `conflicts` holds what nobody has decided; there `edit` keeps what the tenant has. */
      readonly kind: 'clean' | 'conflicted'
      readonly tenant: string
      readonly workflow: string
      readonly from: string
      readonly to: string
      readonly edit: UpgradeEdit
      readonly conflicts: readonly RaisedConflict[]
      readonly notices: readonly Notice[]
      /** What changes in the tenant's effective workflow. */
      readonly fields: readonly FieldChange[]
    }

/**
 * Moves a tenant's overlay (or clone, or pin) to a newer release: the old intents on the new base, and the decisions.
 * What is not decided keeps the tenant's value and is listed, so that a pull request can show it and nothing changes
 * meanwhile.
 */
export function upgradeTenant(
  state: DesiredState,
  tenant: TenantNode,
  workflow: UpgradeSubject,
  wanted: string,
  decide: Decide,
): Upgrade {
  const { chain } = workflow
  if (isLayer(chain) && chain.overlay.owner === tenant.path) {
    const { standsFor } = rootChain(chain)
    if (!standsFor) return upgradeOverlays(state, workflow, chain, wanted, decide)
    return { kind: 'current', reason: `${tenant.path} changes a copy of ${workflow.name}, which has no releases` }
  }
  if (chain.standsFor && chain.workflow.owner === tenant.path)
    return upgradeClone(state, workflow, chain, chain.standsFor, wanted, decide)
  if (workflow.release === wanted)
    return { kind: 'current', reason: `${tenant.path} runs ${workflow.name} ${wanted} already` }
  if (workflow.updates === 'auto')
    return { kind: 'current', reason: `${tenant.path} changes nothing in ${workflow.name} and follows by itself` }
  if (rootChain(chain).standsFor)
    return { kind: 'current', reason: `${tenant.path} runs the copy of ${workflow.name} that its owner keeps` }
  const to = state.renderer.resolve(chain, wanted)
  if (to.rendering.kind === 'invalid') return { kind: 'refused', problem: to.rendering.problem }
  if (to.held && to.release === workflow.release) return waitsFor(to.held.at.level.owner, to)
  const { document, notices } = to.rendering
  const edit = { kind: 'pin', file: tenant.declared.file, workflow: workflow.name, version: to.release } as const
  const fields = changesOf(workflow, document)
  return {
    kind: 'clean',
    tenant: tenant.path,
    workflow: workflow.name,
    from: workflow.release,
    to: to.release,
    edit,
    conflicts: [],
    notices,
    fields,
  }
}

/** Of several overlays of one level one moves at a time: each has conflicts of its own. */
function upgradeOverlays(
  state: DesiredState,
  workflow: UpgradeSubject,
  chain: LayerChain,
  wanted: string,
  decide: Decide,
): Upgrade {
  const each = overlaysBeside(chain)
  const unsettled = each.find(({ overlay }) => unresolvedIn(overlay.resource).length > 0)
  if (unsettled) return settled(aloneOf(state, workflow, unsettled), settleOverlay(state, unsettled, decide))
  let last: Upgrade | undefined
  for (const own of each) {
    last = upgradeOverlay(state, aloneOf(state, workflow, own), own, wanted, decide)
    if (last.kind !== 'current') break
  }
  return last as Upgrade
}

/** The workflow as one overlay alone makes it: what another one says is not this upgrade's doing. */
function aloneOf(state: DesiredState, workflow: UpgradeSubject, chain: LayerChain): UpgradeSubject {
  if (workflow.chain === chain) return workflow
  const alone = state.renderer.render(chain, workflow.release)
  if (alone.kind !== 'rendered') return { ...workflow, chain }
  return { ...workflow, chain, spec: alone.document.spec as unknown as DesiredWorkflow['spec'] }
}

function upgradeOverlay(
  state: DesiredState,
  workflow: UpgradeSubject,
  chain: LayerChain,
  wanted: string,
  decide: Decide,
): Upgrade {
  const { overlay } = chain
  const above = state.renderer.resolve(chain.above, wanted)
  if (above.held) return waitsFor(above.held.at.level.owner, above)
  const [from, to] = [overlay.resource.spec.base, above.release]
  if (from === to)
    return { kind: 'current', reason: `the overlay of ${overlay.owner} stands on ${workflow.name} ${to} already` }
  const level = state.renderer.levelAt(chain, to)
  if (level.kind === 'invalid') return { kind: 'refused', problem: level.problem }
  if (level.kind === 'conflicted') return waitsFor(level.level.owner, above)
  const contest = contestOf(chain, overlay, to)
  const { value, notices, open, given } = decideMerge(level.input, level.options, contest, decide)
  const patch = rebasePatch({
    patch: level.change,
    onto: level.input.theirs,
    result: value,
    given,
    moved: level.options.moved ?? [],
    schema: schemaOf('Workflow'),
  }) as JsonMap
  const edit = {
    kind: 'overlay',
    file: overlay.file,
    resource: overlay.resource,
    base: to,
    patch: (patch['spec'] ?? {}) as JsonMap,
    moved: level.options.moved ?? [],
    unresolved: open.map(({ path }) => path),
  } as const
  return upgraded(workflow, contest, edit, value, open, [...level.notices, ...notices])
}

function upgradeClone(
  state: DesiredState,
  workflow: UpgradeSubject,
  chain: Chain,
  standsFor: NonNullable<Chain['standsFor']>,
  wanted: string,
  decide: Decide,
): Upgrade {
  const { head, owner, name } = chain.workflow
  if (head && !isUnreadable(head) && unresolvedIn(head.resource).length > 0)
    return settled(workflow, settleClone(state, head, standsFor, decide))
  const above = state.renderer.resolve(standsFor.chain, wanted)
  if (above.held) return waitsFor(above.held.at.level.owner, above)
  if (above.rendering.kind === 'invalid') return { kind: 'refused', problem: above.rendering.problem }
  if (standsFor.base === above.release)
    return { kind: 'current', reason: `the clone of ${owner} stands on ${name} ${above.release} already` }
  const base = state.renderer.render(standsFor.chain, standsFor.base)
  if (base.kind !== 'rendered' || !head || isUnreadable(head)) {
    return {
      kind: 'refused',
      problem: problem(
        'unknown-release',
        `the release ${standsFor.base} that the clone was made from cannot be rendered`,
        { tenant: owner },
      ),
    }
  }
  const theirs = above.rendering.document
  const contest: Contest = {
    workflow: standsFor.chain.workflow,
    level: owner,
    file: head.file,
    pathInFile: (path) => path,
    from: standsFor.base,
    to: above.release,
  }
  const moved = (theirs.spec['moved'] ?? []) as unknown as NonNullable<MergeOptions['moved']>
  const input = { base: base.document, ours: documentOf(head.resource), theirs }
  const { value, notices, open } = decideMerge(input, { references: stepReferences, moved }, contest, decide)
  const edit = {
    kind: 'clone',
    file: head.file,
    resource: head.resource,
    base: rebasedOn(head.resource, above.release),
    spec: value.spec,
    moved,
    unresolved: open.map(({ path }) => path),
    ...releaseFiles(standsFor.chain.workflow, standsFor.base, above.release),
  } as const
  return upgraded(workflow, contest, edit, value, open, notices)
}

function upgraded(
  workflow: UpgradeSubject,
  { level, from, to }: Contest,
  edit: UpgradeEdit,
  value: WorkflowDocument,
  conflicts: readonly RaisedConflict[],
  notices: readonly Notice[],
): Upgrade {
  const kind = conflicts.length > 0 ? 'conflicted' : 'clean'
  return {
    kind,
    tenant: level,
    workflow: workflow.name,
    from,
    to,
    edit,
    conflicts,
    notices,
    fields: changesOf(workflow, value),
  }
}

function settled(workflow: UpgradeSubject, outcome: Settled): Upgrade {
  if (outcome.kind === 'refused') return outcome
  const { contest, edit, value, open, notices } = outcome
  return upgraded(workflow, contest, edit, value, open, notices)
}

function waitsFor(owner: string, above: Resolved): Upgrade {
  const file = above.held?.at.level.file
  const place = file === undefined ? {} : { place: { file, line: 1, column: 1 } }
  return {
    kind: 'refused',
    problem: problem('held-back', `${owner} has to decide first: its own changes conflict`, {
      tenant: owner,
      ...place,
    }),
  }
}

function changesOf(workflow: UpgradeSubject, document: WorkflowDocument): FieldChange[] {
  return fieldChanges(workflow, { spec: document.spec as unknown as DesiredWorkflow['spec'] })
}

/** The name in the annotation is kept as it was written, `owner:name` or short. */
function rebasedOn({ metadata }: Workflow, release: string): string {
  const written = metadata.annotations?.[baseAnnotation] ?? metadata.name
  return `${written.split('@')[0]}@${release}`
}

function releaseFiles(workflow: WorkflowFiles, from: string, to: string) {
  const [base, theirs] = [workflow.releases.get(from)?.file, workflow.releases.get(to)?.file]
  return base === undefined || theirs === undefined ? {} : { releases: { base, theirs } }
}
