import { extractOverlay, type Notice, type Path, readPath } from '../merge/index.ts'
import type { Overlay, Workflow } from '../model/generated/kinds.ts'
import { type Problem, problem } from '../model/problems.ts'
import { schemaOf } from '../model/schemas.ts'
import { type Json, type JsonMap, newMap } from '../model/values.ts'
import { type Contest, contestOf, type RaisedConflict, raise } from './conflicts.ts'
import type { Decide } from './decide-merge.ts'
import type { Declared } from './fleet.ts'
import type { Chain, LayerChain } from './chain.ts'
import { settlePatch } from './rebase-patch.ts'
import { documentOf, type WorkflowDocument } from './render.ts'
import type { DesiredState } from './resolve.ts'
import { baseAnnotation } from './visible-workflow.ts'
import type { UpgradeEdit } from './upgrade.ts'
import { unresolvedIn } from './upgrade-subject.ts'

/** What deciding an upgrade comes to that was merged while conflicts were open. */
export type Settled =
  | {
      readonly kind: 'settled'
      readonly contest: Contest
      readonly edit: UpgradeEdit
      readonly value: WorkflowDocument
      /** Still undecided. */
      readonly open: readonly RaisedConflict[]
      readonly notices: readonly Notice[]
    }
  | { readonly kind: 'refused'; readonly problem: Problem }

/** Decides what a merged upgrade left open. The overlay stands on the new release already. */
export function settleOverlay(state: DesiredState, chain: LayerChain, decide: Decide): Settled {
  const { overlay } = chain
  const { base } = overlay.resource.spec
  const level = state.renderer.levelAt(chain, base)
  if (level.kind === 'invalid') return { kind: 'refused', problem: level.problem }
  if (level.kind === 'conflicted') return notRendered(base, level.level.owner)
  const contest = contestOf(chain, overlay, base)
  const settled = settle(overlay.resource, level.change, level.input, contest, decide)
  if (settled.kind === 'refused') return settled
  const { patch, value, open } = settled
  const edit = {
    kind: 'overlay',
    file: overlay.file,
    resource: overlay.resource,
    base,
    patch: (patch['spec'] ?? newMap()) as JsonMap,
    moved: [],
    unresolved: open.map(({ path }) => path),
  } as const
  return { kind: 'settled', contest, edit, value, open, notices: level.notices }
}

export function settleClone(
  state: DesiredState,
  { file, owner, resource }: Declared<'Workflow'>,
  { chain, base }: NonNullable<Chain['standsFor']>,
  decide: Decide,
): Settled {
  const theirs = state.renderer.render(chain, base)
  if (theirs.kind !== 'rendered') return notRendered(base, owner)
  const ours = documentOf(resource)
  const change = extractOverlay({ base: theirs.document, ours, schema: schemaOf('Workflow') }) ?? newMap()
  const contest = {
    workflow: chain.workflow,
    level: owner,
    file,
    pathInFile: (path: string) => path,
    from: base,
    to: base,
  }
  const settled = settle(resource, change, { ours, theirs: theirs.document }, contest, decide)
  if (settled.kind === 'refused') return settled
  const { value, open } = settled
  const edit = {
    kind: 'clone',
    file,
    resource,
    base: resource.metadata.annotations?.[baseAnnotation] ?? '',
    spec: value.spec,
    moved: [],
    unresolved: open.map(({ path }) => path),
  } as const
  return { kind: 'settled', contest, edit, value, open, notices: [] }
}

/** Base is not known any more: what may be chosen is what stands there, what the release has, or another value. */
function settle(
  resource: Overlay | Workflow,
  patch: Json,
  { ours, theirs }: { ours: WorkflowDocument; theirs: WorkflowDocument },
  contest: Contest,
  decide: Decide,
) {
  const schema = schemaOf('Workflow')
  const open: RaisedConflict[] = []
  const given: Path[] = []
  const values: { path: Path; value: Json | undefined }[] = []
  for (const { path } of unresolvedIn(resource)) {
    const [mine, other] = [readPath(ours, path, schema), readPath(theirs, path, schema)]
    const sides = { ...(mine !== undefined && { ours: mine }), ...(other !== undefined && { theirs: other }) }
    const raised = raise({ path, type: 'edit/edit', ...sides, resolutions: ['ours', 'theirs', 'value'] }, contest)
    const decision = decide(raised)
    if (decision === 'theirs') given.push(path)
    else if (typeof decision === 'object') values.push({ path, value: decision.value })
    else if (decision !== 'ours') open.push(raised)
  }
  const settled = settlePatch({ patch, onto: theirs, given, values, schema })
  if (!settled) return { kind: 'refused', problem: problem('overlay-invalid', 'the patch cannot be applied') } as const
  return {
    kind: 'settled',
    patch: settled.patch as JsonMap,
    value: settled.result as WorkflowDocument,
    open,
  } as const
}

function notRendered(release: string, tenant: string): Settled {
  return { kind: 'refused', problem: problem('unknown-release', `release ${release} cannot be rendered`, { tenant }) }
}
