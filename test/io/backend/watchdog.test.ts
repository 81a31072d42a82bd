import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { OverdueRun } from '../../../controller/io/backend/backend.ts'
import { watchOverdue } from '../../../controller/io/backend/watchdog.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const overdueRun = (runId: string): OverdueRun => ({ runId, tenant: 'acme', since: 0, reason: 'not-taken' })

test('an overdue run is reported once, and once more when it is overdue again', () => {
  let overdue: OverdueRun[] = []
  const reported: string[] = []
  const watch = watchOverdue({ overdue: () => overdue }, ({ runId }) => reported.push(runId), { every: 10 })
  const turns: [OverdueRun[], string[]][] = [
    [[], []],
    [[overdueRun('a')], ['a']],
    [
      [overdueRun('a'), overdueRun('b')],
      ['a', 'b'],
    ],
    [[overdueRun('b')], ['a', 'b']],
    [
      [overdueRun('a'), overdueRun('b')],
      ['a', 'b', 'a'],
    ],
  ]
  for (const [now, expected] of turns) {
    overdue = now
    vi.advanceTimersByTime(10)
    expect(reported).toEqual(expected)
  }
  watch.close()
  overdue = [overdueRun('c')]
  vi.advanceTimersByTime(100)
  expect(reported).not.toContain('c')
})
