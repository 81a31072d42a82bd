import { expect, test } from 'vitest'
import { heldConflicts } from '../../controller/core/desired/index.ts'
import { openLocalForge } from '../../controller/io/git/forge/index.ts'
import { openFleet } from '../../controller/io/git/index.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import { createFleetLoader } from '../../controller/reconcile/load-fleet.ts'
import { upgradeProposals } from '../../controller/reconcile/propose-upgrades.ts'
import { textReader } from '../../controller/reconcile/text-reader.ts'
import { channels, type Files, overlay, release, share, tenant } from '../fakes/fleet-files.ts'
import { git, importFiles, newRepository } from '../io/git/repositories.ts'

/**
 * A workflow of 200 steps, 500 tenants that have all changed it, and three releases within an hour. Each release changes
 * one more step that some of the tenants have changed too.
 */
const counts = { tenants: 500, steps: 200 }
const modes = ['auto', 'auto', 'auto', 'review', 'pinned'] as const
const releases = ['2.0.0', '2.1.0', '2.2.0']
const stepOf = (number: number): string => `s${String(number).padStart(3, '0')}`

const big = (version: string): Files => {
  const changed = new Set(releases.slice(0, releases.indexOf(version) + 1).map((_, index) => stepOf(10 + index)))
  const steps = Array.from({ length: counts.steps }, (_, number) => {
    const id = stepOf(number)
    return `  - { id: ${id}, set: { hours: ${changed.has(id) ? 48 : 24}, mail: soc, text: "step ${number} of many" } }`
  })
  return release('big', version, `steps:\n${steps.join('\n')}`)
}

interface Customer {
  readonly path: string
  readonly mode: (typeof modes)[number]
  /** The step it has changed; the first three are those that the releases change too. */
  readonly step: number
}

const customers = Array.from({ length: counts.tenants }, (_, number): Customer => {
  const mode = modes[number % modes.length] as Customer['mode']
  return { path: `acme/c${String(number).padStart(3, '0')}`, mode, step: 10 + (Math.floor(number / modes.length) % 5) }
})

const fleet = (): Files =>
  Object.assign(
    { ...tenant('acme'), ...big('1.0.0'), ...channels('big', '{ stable: 1.0.0 }'), ...share('all', 'big') },
    ...customers.flatMap(({ path, mode, step }, number) => [
      tenant(path, `updates: ${mode}`),
      overlay(path, 'big', '1.0.0', `steps: [{ id: ${stepOf(step)}, set: { hours: ${70 + (number % 4)} } }]`),
    ]),
  )

/** Whom a release concerns: in `auto` where the tenant changed what a release so far changes, in `review` everybody. */
const concerned = (upTo: number): Customer[] =>
  customers.filter(({ mode, step }) => mode === 'review' || (mode === 'auto' && step < 10 + upTo))

test('three releases within an hour: one pull request a tenant, for the newest', { timeout: 300_000 }, async () => {
  const root = newRepository()
  importFiles(root, fleet())
  const source = await openFleet({ path: root, revision: 'refs/heads/main' })
  const forge = await openLocalForge({ path: root, now: () => 0 })
  const load = createFleetLoader(source, checkWorkflowSpec, () => performance.now())
  const times: Record<string, string> = {}

  const propose = async (label: string) => {
    const begin = performance.now()
    const { desired, snapshot } = await load()
    const loaded = performance.now()
    const now = Date.UTC(2026, 0, 5)
    const proposals = await upgradeProposals(desired, { base: 'main', now, textOf: textReader(source, snapshot) })
    const made = performance.now()
    const outcomes = await forge.proposeMany(proposals)
    const ms = [loaded - begin, made - loaded, performance.now() - made].map((value) => value.toFixed(0))
    times[label] = `load ${ms[0]} ms, ${proposals.length} proposals ${ms[1]} ms, forge ${ms[2]} ms`
    return { desired, kinds: Map.groupBy(outcomes, ({ kind }) => kind) }
  }
  const publish = (version: string): void =>
    importFiles(root, { ...big(version), ...channels('big', `{ stable: ${version} }`) })
  const refs = (): string => git(root, ['for-each-ref'])
  const byHand = 'refs/heads/headwater/upgrade/acme/c000/big'
  let handTip = ''

  try {
    for (const [index, version] of releases.entries()) {
      publish(version)
      const { desired, kinds } = await propose(version)
      expect([...desired.tenants.values()].filter(({ kind }) => kind === 'frozen')).toEqual([])
      const expected = concerned(index + 1)
      const open = await forge.list({ state: 'open' })
      expect(open.map(({ key }) => key).sort()).toEqual(expected.map(({ path }) => `upgrade/${path}/big`))

      // Everybody's is for the newest release, but for the one that a person works on.
      const stale = open.filter(({ title }) => !title.includes(` to ${version} `))
      expect(stale.map(({ branch }) => `refs/heads/${branch}`)).toEqual(index === 0 ? [] : [byHand])
      expect(kinds.get('left-alone')?.map(({ pullRequest }) => pullRequest?.branch)).toEqual(
        index === 0 ? undefined : ['headwater/upgrade/acme/c000/big'],
      )
      expect(heldConflicts(desired)).toHaveLength(expected.filter(({ mode }) => mode === 'auto').length)

      const before = refs()
      const again = await propose(`${version} again`)
      expect([...again.kinds.keys()].sort()).toEqual(index === 0 ? ['unchanged'] : ['left-alone', 'unchanged'])
      expect(refs()).toBe(before)

      if (index === 0) {
        const tip = git(root, ['rev-parse', byHand])
        handTip = git(root, ['commit-tree', `${tip}^{tree}`, '-p', tip, '-m', 'I look at this myself'])
        git(root, ['update-ref', byHand, handTip])
      } else expect(git(root, ['rev-parse', byHand])).toBe(handTip)
    }

    // Conflicts are told apart from what only waits for a person's yes; who is pinned hears nothing.
    const open = await forge.list({ state: 'open' })
    const modeOf = new Map(customers.map(({ path, mode }) => [`upgrade/${path}/big`, mode]))
    expect(open.filter(({ key, labels }) => modeOf.get(key) === 'auto' && !labels.includes('conflict'))).toEqual([])
    expect(open.filter(({ key }) => modeOf.get(key) === 'pinned')).toEqual([])
    expect(git(root, ['fsck', '--strict', '--no-dangling'])).toBe('')
  } finally {
    await forge.stop()
    await source.close()
    console.log(
      Object.entries(times)
        .map(([label, line]) => `${label}: ${line}`)
        .join('\n'),
    )
  }
})
