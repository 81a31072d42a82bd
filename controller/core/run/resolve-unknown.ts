import { type JsonMap, newMap } from '../model/values.ts'
import type { RunEvent } from './events.ts'
import { isFinished, type RunState } from './run-state.ts'

/** What a person found out about an attempt whose outcome was unknown. */
export interface Resolution {
  readonly step: string
  readonly connection: string
  readonly as: 'succeeded' | 'failed' | 'retry'
  readonly by: string
  /** What the action would have given, where it succeeded. */
  readonly outputs?: JsonMap
  readonly comment?: string
}

export type SignalResult =
  | { readonly kind: 'taken'; readonly events: readonly RunEvent[] }
  | {
      readonly kind: 'refused'
      readonly code: 'finished' | 'not-waiting' | 'already-decided' | 'unknown-step'
      readonly message: string
    }

export function resolveUnknown(state: RunState, resolution: Resolution, now: number): SignalResult {
  const { step, connection, as, by } = resolution
  if (isFinished(state)) return { kind: 'refused', code: 'finished', message: `The run has ${state.phase}.` }
  if (state.steps.get(step)?.lanes.get(connection)?.phase !== 'unknown')
    return {
      kind: 'refused',
      code: 'not-waiting',
      message: `Step ${step} on ${connection} does not wait for a person.`,
    }
  const place = { at: now, step, connection }
  if (as === 'succeeded') {
    const outputs = resolution.outputs ?? newMap()
    return { kind: 'taken', events: [{ type: 'AttemptSucceeded', ...place, outputs, by }] }
  }
  const message =
    resolution.comment ?? (as === 'failed' ? `${by} says that it did not happen.` : `${by} had it tried again.`)
  const failed: RunEvent = { type: 'AttemptFailed', ...place, code: 'resolved', message, final: as === 'failed', by }
  return { kind: 'taken', events: as === 'failed' ? [failed] : [failed, { type: 'TimerSet', ...place, fireAt: now }] }
}
