import type { TenantNode } from '../desired/hierarchy.ts'
import {
  type Decide,
  type DesiredState,
  type RaisedConflict,
  type Upgrade,
  type UpgradeSubject,
  upgradeSubject,
  upgradeTenant,
} from '../desired/index.ts'
import semver from 'semver'
import { suggestName } from '../model/suggest-name.ts'
import { type Authored, counted, edited, refused, refusedBy, type TextOf } from './authored.ts'
import { upgradeFile } from './upgrade-file.ts'

export interface UpgradeWanted {
  readonly tenant: string
  readonly workflow: string
  /** What the share follows where absent. */
  readonly to?: string
  readonly decide: Decide
  /** The same decisions wherever base, ours and theirs are the same. */
  readonly everywhere: boolean
  /** Whether the files may keep what nobody has decided, marked as such: in a pull request they may. */
  readonly mayStayOpen: boolean
}

type Moved = Upgrade & { kind: 'clean' | 'conflicted' }

export interface Undecided {
  readonly kind: 'undecided'
  readonly tenant: string
  readonly workflow: string
  readonly from: string
  readonly to: string
  readonly conflicts: readonly RaisedConflict[]
}

/** Moves a tenant's overlay, clone or pin to a newer release. */
export function upgrade(state: DesiredState, textOf: TextOf, wanted: UpgradeWanted): Authored | Undecided {
  const node = state.hierarchy.nodes.get(wanted.tenant)
  if (!node) {
    const near = suggestName(wanted.tenant, [...state.tenants.keys()])
    return refused('unknown-tenant', `there is no tenant \`${wanted.tenant}\``, near && `did you mean \`${near}\`?`)
  }
  const subject = upgradeSubject(state, node, wanted.workflow)
  if (!subject) {
    const tenant = state.tenants.get(wanted.tenant)
    if (tenant?.kind === 'frozen') return refusedBy(tenant.cause)
    return refused(
      'unknown-workflow',
      `${wanted.tenant} neither receives nor changes a workflow \`${wanted.workflow}\``,
    )
  }
  const to = wanted.to ?? subject.wanted
  const first = upgradeTenant(state, node, subject, to, wanted.decide)
  if (first.kind === 'refused') return refusedBy(first.problem)
  if (first.kind === 'current') return refused('refused', first.reason, 'nothing has to be done')
  const all = wanted.everywhere ? [first, ...others(state, node, subject, to, wanted.decide)] : [first]
  const open = all.flatMap((moved) => moved.conflicts)
  if (open.length > 0 && !wanted.mayStayOpen)
    return {
      kind: 'undecided',
      tenant: first.tenant,
      workflow: first.workflow,
      from: first.from,
      to: first.to,
      conflicts: open,
    }

  const files: [string, string][] = []
  for (const moved of all) {
    const result = upgradeFile(moved.edit, textsOf(moved, textOf))
    if (result.kind === 'failed')
      return refused('overlay-invalid', `${moved.edit.file} cannot be rewritten: ${result.reason}`)
    files.push([moved.edit.file, result.text])
  }
  const title = `Upgrade ${first.workflow} to ${first.to} for ${all.length === 1 ? first.tenant : counted(all.length, 'tenant')}`
  const moves = all.map(({ tenant, from, to: reached }) => `${tenant}: ${from} → ${reached}`)
  return edited(files, [title, ...moves, ...open.map(({ level, path }) => `undecided at ${level}: ${path}`)])
}

/** The levels that meet the very same differences; what differs elsewhere is left to its owner. */
function others(state: DesiredState, at: TenantNode, named: UpgradeSubject, to: string, decide: Decide): Moved[] {
  const triples = new Set(openTriples(state, at, named, to))
  const found: Moved[] = []
  for (const node of state.hierarchy.nodes.values()) {
    if (
      node === at ||
      !node.files.overlays.some((overlay) => overlay.resource.spec.workflow.split(':').at(-1) === named.name)
    )
      continue
    const subject = upgradeSubject(state, node, named.name)
    // Nobody is taken past what its own share follows, and who is pinned stays where it is.
    if (!subject || subject.updates === 'pinned' || semver.lt(subject.wanted, to)) continue
    const theirs = openTriples(state, node, subject, to)
    if (theirs.length === 0 || !theirs.every((triple) => triples.has(triple))) continue
    const moved = upgradeTenant(state, node, subject, to, decide)
    if (moved.kind === 'clean' || moved.kind === 'conflicted') found.push(moved)
  }
  return found
}

function openTriples(state: DesiredState, node: TenantNode, subject: UpgradeSubject, to: string): string[] {
  const undecided = upgradeTenant(state, node, subject, to, () => undefined)
  return undecided.kind === 'conflicted' ? undecided.conflicts.map((conflict) => conflict.triple) : []
}

/** A clone gets the comments of what the template changed from the releases themselves. */
function textsOf({ edit }: Moved, textOf: TextOf): { ours: string; base?: string; theirs?: string } {
  const ours = textOf(edit.file)
  if (edit.kind !== 'clone' || !edit.releases) return { ours }
  return { ours, base: textOf(edit.releases.base), theirs: textOf(edit.releases.theirs) }
}
