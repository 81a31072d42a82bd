import { expect, test } from 'vitest'
import {
  createResolver,
  type DesiredState,
  type FleetChanges,
  type FleetFile,
  heldConflicts,
  type Outcome,
  resolve,
} from '../../controller/core/desired/index.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import { SubscriptionCount } from '../../controller/reconcile/subscription-count.ts'
import { digestsOf, frozenOf, problemsOf, renderDigestsOf } from '../fakes/fleet-answers.ts'
import { parsed } from '../fakes/fleet-files.ts'
import { starterFleet } from '../fakes/starter-fleet.ts'
import { createDice, edits, FleetDraft } from './desired-edits.ts'

const steps = process.env['HEADWATER_LANE'] === 'soak' ? 2_000 : 200
const seed = Number(process.env['HEADWATER_SEED'] ?? Date.now() % 2_147_483_647)

test(`after each of ${steps} random edits the state with memory is the state without (seed ${seed})`, () => {
  let draft = new FleetDraft(starterFleet())
  const dice = createDice(seed)
  const resolver = createResolver(checkWorkflowSpec)
  const counted = new SubscriptionCount()
  let before: readonly FleetFile[] = []
  let states: DesiredState | undefined
  let updates = 0
  const known = new Map<string, FleetFile>()
  const outcomes = new Map<string, Outcome>()
  let recalled = 0
  for (let step = 0; step < steps; step++) {
    const files = filesOf(draft, known)
    const entries = new Map(states?.tenants)
    const updated = step === 0 ? undefined : resolver.update(changesBetween(before, files))
    if (updated) updates++
    const { state: incremental, changed } = updated ?? resolver.resolve(files)
    const cold = resolve(files, checkWorkflowSpec)
    ;[before, states] = [files, incremental]
    const what = step === 0 ? 'the starter fleet' : `step ${step}`
    expect(digestsOf(incremental), what).toEqual(digestsOf(cold))
    expect(renderDigestsOf(incremental), what).toEqual(renderDigestsOf(cold))
    expect(frozenOf(incremental), what).toEqual(frozenOf(cold))
    expect(problemsOf(incremental).sort(), what).toEqual(problemsOf(cold).sort())
    expect([...incremental.tenants.keys()], what).toEqual([...cold.tenants.keys()])
    expect([...incremental.fleet.workflows.keys()].sort(), what).toEqual([...cold.fleet.workflows.keys()].sort())
    // Another process, which knows what the ones before it found, comes to the same, in what it recalls and in the rest.
    const anew = createResolver(checkWorkflowSpec, (signature) => outcomes.get(signature))
    const restarted = anew.resolve(files).state
    for (const tenant of restarted.tenants.values()) if (tenant.kind === 'valid' && tenant.known) recalled++
    expect(digestsOf(restarted), what).toEqual(digestsOf(cold))
    expect(contextDigestsOf(restarted), what).toEqual(contextDigestsOf(cold))
    expect(renderDigestsOf(restarted), what).toEqual(renderDigestsOf(cold))
    expect(problemsOf(restarted).sort(), what).toEqual(problemsOf(cold).sort())
    expect(heldConflicts(restarted), what).toEqual(heldConflicts(cold))
    // Those that were patched in are named by the one that patched them, the others by the one that starts.
    for (const { fresh } of [resolver.outcomes, anew.outcomes])
      for (const [signature, outcome] of fresh()) outcomes.set(signature, outcome)
    const paths = new Set([...entries.keys(), ...incremental.tenants.keys()])
    const subscriptions = counted.after({ desired: incremental, changed: step === 0 ? 'all' : changed })
    expect(subscriptions, what).toBe(new SubscriptionCount().after({ desired: cold, changed: 'all' }))
    for (const path of paths)
      expect(changed.has(path), `${what}: ${path}`).toBe(entries.get(path) !== incremental.tenants.get(path))
    // Long histories run out of overlays to edit; going back is one large change at once.
    if (step % 80 === 79) draft = new FleetDraft(starterFleet())
    dice.pick(edits)(draft, dice)
  }
  console.log(`${updates} of ${steps} edits were patched in, the others looked at all files`)
  expect(updates).toBeGreaterThan(steps / 4)
  expect(recalled).toBeGreaterThan(steps)
}, 240_000)

function contextDigestsOf({ tenants }: DesiredState): string[] {
  return [...tenants.values()].map((tenant) => (tenant.kind === 'valid' ? tenant.contextDigest : 'frozen'))
}

/** As the loader does it: a file is parsed once, and equal contents are one object. */
function filesOf({ files }: FleetDraft, known: Map<string, FleetFile>): FleetFile[] {
  return [...files].map(([path, text]) => {
    const key = `${path}\n${text}`
    const file = known.get(key) ?? parsed({ [path]: text })[0]
    if (!file) throw new Error('a file was not parsed')
    known.set(key, file)
    return file
  })
}

function changesBetween(before: readonly FleetFile[], after: readonly FleetFile[]): FleetChanges {
  const old = new Map(before.map((file) => [file.path, file]))
  const changes = new Map<string, FleetFile | null>()
  for (const file of after) if (old.get(file.path)?.oid !== file.oid) changes.set(file.path, file)
  const now = new Set(after.map(({ path }) => path))
  for (const path of old.keys()) if (!now.has(path)) changes.set(path, null)
  return changes
}
