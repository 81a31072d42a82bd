import type { Backend, OverdueRun } from './backend.ts'
import type { LiveRun } from './live-run.ts'
import type { TenantQueue } from './tenant-queue.ts'
import type { WakeUps } from './wake-ups.ts'

/** A run that could go on for this long and does not is overdue, in milliseconds. */
export const overdueMs = 60_000
const everyMs = 30_000

/**
 * Reports runs that could go on and do not, each once: the tenant has a free slot, or the time has come. That is never
 * the tenant's doing. Hosts are too few, or something is broken that nobody else would mention.
 */
export function watchOverdue(
  backend: Pick<Backend, 'overdue'>,
  report: (run: OverdueRun) => void,
  { every = everyMs, after = overdueMs } = {},
): { readonly close: () => void } {
  let reported = new Set<string>()
  const timer = setInterval(() => {
    const overdue = backend.overdue(after)
    for (const run of overdue) if (!reported.has(run.runId)) report(run)
    reported = new Set(overdue.map(({ runId }) => runId))
  }, every)
  timer.unref()
  return { close: () => clearInterval(timer) }
}

interface Waiting {
  readonly queue: Pick<TenantQueue<LiveRun>, 'overdue'>
  readonly wakeUps: Pick<WakeUps, 'overdue'>
  readonly runs: ReadonlyMap<string, LiveRun>
}

/** Runs that could have gone on at that time or earlier, the earliest first. */
export function overdueRuns({ queue, wakeUps, runs }: Waiting, before: number): OverdueRun[] {
  const told = ({ id, pins }: LiveRun, since: number, reason: OverdueRun['reason']): OverdueRun[] => [
    { runId: id, tenant: pins.tenant.path, since, reason },
  ]
  const notTaken = queue.overdue(before).flatMap(({ run, since }) => told(run, since, 'not-taken'))
  const notWoken = wakeUps.overdue(before).flatMap(({ id, since }) => {
    const run = runs.get(id)
    return run?.phase === 'idle' ? told(run, since, 'not-woken') : []
  })
  return [...notTaken, ...notWoken].sort((a, b) => a.since - b.since)
}
