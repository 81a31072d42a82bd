import { expect, test } from 'vitest'
import { createResolver, type Outcome } from '../../../controller/core/desired/index.ts'
import { checkWorkflowSpec } from '../../../controller/reconcile/check-workflow-spec.ts'
import { digestsOf, validTenant } from '../../fakes/fleet-answers.ts'
import { parsed } from '../../fakes/fleet-files.ts'
import { starterFleet } from '../../fakes/starter-fleet.ts'

const files = parsed(Object.fromEntries(starterFleet()))
const first = createResolver(checkWorkflowSpec)
const cold = first.resolve(files).state
const outcomes = first.outcomes.all()
const tenant = 'acme/north/contoso'

const recalling = (known: ReadonlyMap<string, Outcome>) => {
  let computed = 0
  const check: typeof checkWorkflowSpec = (...given) => {
    computed++
    return checkWorkflowSpec(...given)
  }
  const { state } = createResolver(check, (signature) => known.get(signature)).resolve(files)
  return { state, computed: () => computed }
}

test('a tenant that is recalled is computed when it is read, and once', () => {
  const { state, computed } = recalling(outcomes)
  expect(digestsOf(state)).toEqual(digestsOf(cold))
  const before = computed()
  const { context, workflows } = validTenant(state, tenant)
  expect(context).toEqual(validTenant(cold, tenant).context)
  expect([...workflows.keys()]).toEqual([...validTenant(cold, tenant).workflows.keys()])
  const after = computed()
  expect(after).toBeGreaterThan(before)
  expect(validTenant(state, tenant).context).toBe(context)
  expect(computed()).toBe(after)
})

test('of whom there is something to say, nothing is kept: it is said at each start', () => {
  const said = new Set(cold.problems.map(({ tenant: path }) => path))
  expect(outcomes.size).toBeGreaterThan(10)
  expect(outcomes.size).toBeLessThanOrEqual(cold.tenants.size)
  expect(recalling(outcomes).state.problems).toEqual(cold.problems)
  for (const [path, one] of recalling(outcomes).state.tenants)
    if (one.kind === 'valid' && one.known) expect(said.has(path), path).toBe(false)
})

test('contents that do not have the digest of the cache are not handed out, and it says what to do', () => {
  const wrong = new Map(
    [...outcomes].map(([signature, outcome]) => [signature, { ...outcome, digest: '0'.repeat(64) }]),
  )
  const { state } = recalling(wrong)
  expect(() => validTenant(state, tenant).context).toThrow(
    'acme/north/contoso is not what the cache says. Delete the folder `cache` of the state and start again.',
  )
})
