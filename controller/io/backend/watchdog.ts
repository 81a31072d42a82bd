import type { Backend, OverdueRun } from './backend.ts'

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
