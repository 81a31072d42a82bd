import { type JsonMap, type MutableMap, newMap, toValue } from '../model/values.ts'
import type { Lane, StepState } from './run-state.ts'

/** Settles an action step iff every connection has its outcome: it succeeded where all did. */
export function settleLanes(step: StepState, connections: readonly string[], at: number): StepState {
  const lanes: [string, Lane][] = []
  for (const name of connections) {
    const lane = step.lanes.get(name)
    if (lane?.phase !== 'succeeded' && lane?.phase !== 'failed') return step
    lanes.push([name, lane])
  }
  const failed = lanes.filter(([, lane]) => lane.phase === 'failed')
  const [first] = failed
  const settled = { ...step, outputs: outputsOf(lanes), settledAt: at }
  if (first === undefined) return { ...settled, phase: 'succeeded' }
  const message = failed.map(([name, lane]) => (lanes.length > 1 ? `${name}: ` : '') + lane.failure?.message).join('; ')
  return { ...settled, phase: 'failed', failure: { code: first[1].failure?.code ?? 'failed', message } }
}

/** The first connection's outputs; with several connections also `results`, one entry each. */
function outputsOf(lanes: readonly [string, Lane][]): JsonMap {
  const first = lanes[0]?.[1].outputs ?? newMap()
  if (lanes.length === 1) return first
  const outputs: MutableMap = Object.assign(newMap(), first)
  outputs.results = lanes.map(([connection, lane]) =>
    toValue({ connection, outcome: lane.phase, outputs: lane.outputs ?? {}, error: lane.failure?.message }),
  )
  return outputs
}
