import { availableParallelism } from 'node:os'

/** With a single processor the one that answers could not run meanwhile. */
const isWorthIt = availableParallelism() > 1

/** Somewhat longer than a commit, or than an advance that waits for no vendor. */
const longestMs = 0.5

let until = 0

/**
 * Keeps this process awake for a moment, because an answer is about to come. One that sleeps is woken later than it takes
 * to compute a step, and a run of five steps wakes the controller and its host ten times. Only for a run that is alone:
 * among several, somebody else can use the processor.
 */
export function stayAwake(): void {
  if (!isWorthIt) return
  const isAwake = until > 0
  until = performance.now() + longestMs
  if (!isAwake) setImmediate(look)
}

/** Between two of these the event loop takes whatever has come, so nothing waits for it. */
function look(): void {
  if (performance.now() < until) setImmediate(look)
  else until = 0
}
