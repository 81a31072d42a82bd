import type { Outcome } from '../../core/run/outcome.ts'

/** What performs an action keeps its own deadline; this one is for where it does not. */
const graceMs = 500

/** An outcome in any case: one that does not come in time, or a bug on the way, is unknown, because the action may have been performed. */
export async function performWithDeadline(timeoutMs: number, perform: () => Promise<Outcome>): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Outcome>((resolve) => {
    const message = `No outcome within ${timeoutMs / 1_000} s.`
    timer = setTimeout(() => resolve({ kind: 'unknown', code: 'timeout', message, requests: [] }), timeoutMs + graceMs)
  })
  try {
    return await Promise.race([perform(), late])
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { kind: 'unknown', code: 'internal-error', message, requests: [] }
  } finally {
    clearTimeout(timer)
  }
}
