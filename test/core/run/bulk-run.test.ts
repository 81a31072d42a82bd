import { describe, expect, it } from 'vitest'
import { halts, runIdOfTarget, summariseBulk, type TargetOutcome } from '../../../controller/core/run/bulk-run.ts'
import { requestRun } from '../../../controller/core/run/request-run.ts'
import { newMap } from '../../../controller/core/model/values.ts'
import { tenant, workflowOf } from './scenario.ts'

describe('a bulk run halts', () => {
  it.each([
    ['never, where no rate is given', undefined, 100, 100, 100, false],
    ['not for one failure of a thousand, the first to end', 0.2, 1, 1, 1_000, false],
    ['for three of the first ten', 0.2, 3, 3, 1_000, true],
    ['not for two of the first ten', 0.2, 2, 10, 1_000, false],
    ['not for exactly the rate', 0.2, 20, 100, 1_000, false],
    ['for one more than the rate', 0.2, 21, 100, 1_000, true],
    ['for two of five targets', 0.2, 2, 2, 5, true],
    ['not for one of five targets', 0.2, 1, 1, 5, false],
    ['for the first failure, where the rate is nothing', 0, 1, 50, 1_000, true],
    ['not without a failure', 0, 0, 50, 1_000, false],
  ])('%s', (_, rate, failed, ended, targets, expected) => {
    expect(halts(rate, failed, ended, targets)).toBe(expected)
  })
})

it.each([false, true])('the id of a target’s run is that of the run it asks for (sandbox: %s)', (sandbox) => {
  const spec = workflowOf('steps: [{ id: a, set: {} }]')
  const workflow = { name: 'w', owner: 'acme', release: '1.0.0', digest: 'd', spec }
  const trigger = { kind: 'bulk', id: 'bulk', deliveryId: 'b-1' } as const
  const requested = requestRun({
    workflow,
    tenant,
    contextDigest: 'c',
    commit: 'x',
    trigger,
    inputs: newMap(),
    sandbox,
    now: 0,
  })
  const request = {
    id: 'b-1',
    workflow: 'w',
    to: '',
    inputs: newMap(),
    sandbox,
    by: 'x',
    requestedAt: 0,
    concurrency: 1,
    targets: [],
    skipped: [],
  }
  const id = runIdOfTarget(request, { tenant: tenant.path, uid: tenant.uid, owner: 'acme' })
  expect(requested.kind === 'requested' && requested.event.runId).toBe(id)
})

it('a summary counts states and puts failures of one reason together, the most frequent first', () => {
  const outcome = (tenant: string, state: TargetOutcome['state'], reason = ''): TargetOutcome => ({
    tenant,
    run: `run-${tenant}`,
    state,
    reason,
  })
  const many = Array.from({ length: 12 }, (_, index) => outcome(`t${index}`, 'failed', 'no route'))
  expect(
    summariseBulk(
      [outcome('a', 'succeeded'), outcome('b', 'refused', 'gone'), outcome('c', 'pending'), ...many],
      'why',
    ),
  ).toEqual({
    reason: 'why',
    counts: { succeeded: 1, refused: 1, pending: 1, failed: 12 },
    failures: [
      {
        state: 'failed',
        reason: 'no route',
        count: 12,
        tenants: many.slice(0, 10).map(({ tenant, run }) => ({ tenant, run })),
      },
      { state: 'refused', reason: 'gone', count: 1, tenants: [{ tenant: 'b', run: 'run-b' }] },
    ],
  })
})
