import { createHash } from 'node:crypto'
import { upgradeFile } from '../core/authoring/upgrade-file.ts'
import { type DesiredState, rootChain, type Upgrade, upgradeSubject, upgradeTenant } from '../core/desired/index.ts'
import type { TenantNode } from '../core/desired/hierarchy.ts'
import { upgradeBody, upgradeTitle } from '../core/authoring/upgrade-text.ts'
import type { Forge, Proposal, ProposeOutcome } from '../io/git/forge/forge.ts'

type Moved = Upgrade & { kind: 'clean' | 'conflicted' }

/** What a state asks for costs a merge for each level that waits, and a controller looks again and again. */
const known = new WeakMap<DesiredState, { readonly base: string; readonly proposals: readonly Proposal[] }>()

/**
 * The pull requests that the update modes ask for, one a level and workflow: in `auto` for a conflict that holds the
 * level back, in `review` for every newer release, in `pinned` none. The key is the same for every release, so a newer
 * one takes the place of an open pull request.
 */
export async function upgradeProposals(
  state: DesiredState,
  options: { base: string; now: number; textOf: (file: string) => Promise<string | undefined> },
): Promise<readonly Proposal[]> {
  const earlier = known.get(state)
  if (earlier?.base === options.base) return earlier.proposals
  const proposals: Proposal[] = []
  for (const { tenant, workflow } of waiting(state)) {
    // Its file stands in a repository of somebody else.
    if (tenant.mount || tenant.declared.resource.spec.source) continue
    const subject = upgradeSubject(state, tenant, workflow)
    if (!subject) continue
    const upgrade = upgradeTenant(state, tenant, subject, subject.wanted, () => undefined)
    if (upgrade.kind !== 'clean' && upgrade.kind !== 'conflicted') continue
    const { edit } = upgrade
    const ours = await options.textOf(edit.file)
    const releases = edit.kind === 'clone' ? edit.releases : undefined
    const [base, theirs] = releases ? await Promise.all([releases.base, releases.theirs].map(options.textOf)) : []
    const of = base === undefined || theirs === undefined ? {} : { base, theirs }
    const written = ours === undefined ? undefined : upgradeFile(edit, { ours, ...of })
    if (written?.kind === 'written') proposals.push(proposalOf(upgrade, written.text, options))
  }
  known.set(state, { base: options.base, proposals })
  return proposals
}

const author = { name: 'Headwater', email: 'controller@headwater.invalid' }

/**
 * Proposes what a state asks for, and closes what it does not ask for any more: a conflict that was decided on the
 * branch itself, a release that went back, a tenant that left. What a person edited stays theirs.
 */
export async function proposeUpgrades(
  forge: Forge,
  state: DesiredState,
  options: Parameters<typeof upgradeProposals>[1],
): Promise<ProposeOutcome[]> {
  const proposals = await upgradeProposals(state, options)
  const wanted = new Set(proposals.map(({ key }) => key))
  const open = await forge.list({ state: 'open', keyPrefix: 'upgrade/' })
  const settled = open
    .filter(({ key, base, author: by }) => base === options.base && by === author.name && !wanted.has(key))
    .filter(({ key }) => !isBlind(state, key))
    // A proposal that the base holds already ends the open one, and does not stand in the way of the next.
    .map(({ key, branch, base, title, body, labels }): Proposal => {
      const text = { key, branch, base, title, body, labels }
      return { ...text, files: new Map(), author, at: options.now }
    })
  return await forge.proposeMany([...proposals, ...settled])
}

/** A tenant that is frozen asks for nothing because nobody knows what it would ask for. */
function isBlind(state: DesiredState, key: string): boolean {
  if (state.fleet.frozen.has('')) return true
  const path = key.slice('upgrade/'.length, key.lastIndexOf('/'))
  const tenant = state.tenants.get(path)
  return tenant?.kind === 'frozen'
}

function proposalOf(upgrade: Moved, text: string, { base, now }: { base: string; now: number }): Proposal {
  const { tenant, workflow, edit, conflicts } = upgrade
  return {
    key: `upgrade/${shortened(`${tenant}/${workflow}`)}`,
    branch: `headwater/upgrade/${shortened(`${tenant}/${workflow}`)}`,
    base,
    title: upgradeTitle(upgrade),
    body: upgradeBody(upgrade),
    labels: conflicts.length > 0 ? ['upgrade', 'conflict'] : ['upgrade'],
    files: new Map([[edit.file, text]]),
    author,
    at: now,
  }
}

const longest = 150

/** Tenants lie at any depth, and a branch has a name of limited length. */
function shortened(path: string): string {
  if (path.length <= longest) return path
  return `${path.slice(0, longest - 20).replace(/[/-]+$/, '')}-${createHash('sha256').update(path).digest('hex').slice(0, 12)}`
}

/** Each level that has to do something, once. */
function* waiting(state: DesiredState): Generator<{ tenant: TenantNode; workflow: string }> {
  const seen = new Set<string>()
  for (const path of state.tenants.keys()) {
    const tenant = state.tenants.get(path)
    if (tenant?.kind !== 'valid' || tenant.known?.outcome.isBehind === false) continue
    for (const { name, release, wanted, held, updates, chain } of tenant.workflows.values()) {
      const { standsFor, workflow } = rootChain(chain)
      // A clone does not follow by itself in any mode, and those below it have what it has.
      const owner = standsFor
        ? standsFor.base !== wanted && workflow.owner
        : (held?.at.level.owner ?? (updates === 'review' && release !== wanted && path))
      const level: TenantNode | undefined = owner === false ? undefined : state.hierarchy.nodes.get(owner)
      if (!level || updates === 'pinned' || seen.has(`${level.path} ${name}`)) continue
      seen.add(`${level.path} ${name}`)
      yield { tenant: level, workflow: name }
    }
  }
}
