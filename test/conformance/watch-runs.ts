import { setTimeout as sleep } from 'node:timers/promises'
import { foldAll } from '../../controller/core/run/fold.ts'
import { isFinished, type RunState } from '../../controller/core/run/run-state.ts'
import { waitOf } from '../../controller/core/run/run-summary.ts'
import type { Backend } from '../../controller/io/backend/backend.ts'

export interface PerformedCall {
  readonly phase: 'begin' | 'end'
  readonly tenant: string
  readonly key: string
  readonly input: Readonly<Record<string, unknown>>
  readonly secret: string | null
}

export interface OpenedBackend {
  readonly backend: Backend
  /** What was really performed so far, in order. */
  readonly calls: () => PerformedCall[]
  /** Closes this one and opens another on the same state, resumed. */
  readonly reopen: () => Promise<OpenedBackend>
}

export async function stateOf(backend: Backend, runId: string): Promise<RunState> {
  return foldAll((await backend.history(runId)) ?? [])
}

export async function ended(backend: Backend, runId: string): Promise<RunState> {
  await until(async () => isFinished(await stateOf(backend, runId)))
  return stateOf(backend, runId)
}

export async function waits(backend: Backend, runId: string): Promise<void> {
  await until(async () => {
    const last = [...(await stateOf(backend, runId)).steps.values()].at(-1)
    return last !== undefined && waitOf(last) !== undefined
  })
}

export async function until(holds: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Did not come to hold within ${withinMs} ms: ${String(holds)}`)
    await sleep(5)
  }
}
