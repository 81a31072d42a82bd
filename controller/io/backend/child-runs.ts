import type { JsonMap } from '../../core/model/values.ts'
import { awaits, endOfChild, openChildren, requestOfChild } from '../../core/run/child-run.ts'
import type { ChildFinished, ChildRequested, RunEvent, RunRequested } from '../../core/run/events.ts'
import { isFinished, type RunState } from '../../core/run/run-state.ts'
import { BackendError } from './backend-error.ts'
import type { Cancellation } from './backend.ts'
import type { LiveRun } from './live-run.ts'
import { UnderWay } from './under-way.ts'

export interface ChildTools {
  readonly clock: () => number
  readonly live: (runId: string) => LiveRun | undefined
  readonly read: (runId: string) => RunState | undefined
  /** Throws where what the run pins cannot be had. */
  readonly pin: (request: RunRequested) => unknown
  readonly start: (request: RunRequested) => Promise<'accepted' | 'already-accepted'>
  readonly cancel: (runId: string, by: Cancellation) => Promise<unknown>
  readonly append: (run: LiveRun, events: readonly RunEvent[]) => Promise<void>
  /** Has a run that waits decide again. */
  readonly wake: (run: LiveRun) => void
  readonly onTrouble: (runId: string, error: unknown) => void
}

/**
 * Begins the children of runs and tells their parents how they ended. Every move can be made again: a start is idempotent, a
 * second telling is passed over, and what a crash cut off is seen from the journals of parent and child.
 */
export class ChildRuns {
  readonly #tools: ChildTools
  readonly #going = new UnderWay()

  constructor(tools: ChildTools) {
    this.#tools = tools
  }

  /** What follows for others from events of a run that became durable. */
  after(run: LiveRun, events: readonly RunEvent[]): void {
    for (const event of events) {
      if (event.type === 'ChildRequested') this.#go(run, () => this.#begin(run, event))
      if (event.type === 'AttemptFailed' && event.connection === undefined) this.#givenUp(run, event.step)
      if (event.type === 'CancelRequested') this.#giveUpAll(run)
    }
    if (!isFinished(run.state)) return
    this.#giveUpAll(
      run,
      events.some((event) => event.type === 'RunCancelled' && event.killed === true),
    )
    const { state } = run
    const parent = state.request.parent && this.#tools.live(state.request.parent.runId)
    if (parent && state.request.parent?.detached === undefined)
      this.#go(run, () => this.#tell(parent, endOfChild(state, state.request.parent?.step ?? '', this.#tools.clock())))
  }

  /** What a crash may have cut off; after all runs that go on are known. */
  resumed(run: LiveRun): void {
    for (const { child } of openChildren(run.state)) this.#go(run, () => this.#begin(run, child))
    if (run.state.cancel !== undefined) this.#giveUpAll(run)
    const { request } = run.state
    if (request.parent === undefined || request.parent.detached) return
    const parent = this.#tools.live(request.parent.runId)?.state ?? this.#tools.read(request.parent.runId)
    if (parent !== undefined && !awaits(parent, request)) this.#go(run, () => this.#cancel(run.id, parent))
  }

  get isQuiet(): boolean {
    return this.#going.isNone
  }

  /** Until nothing is under way. */
  settled(): Promise<void> {
    return this.#going.settled()
  }

  async #begin(parent: LiveRun, child: ChildRequested): Promise<void> {
    const { clock, live, pin, read, start } = this.#tools
    const { step, runId, detached } = child
    const request = requestOfChild(parent.state.request, child, clock())
    const end = (outcome: ChildFinished['outcome'], message?: string): ChildFinished => {
      const outputs: JsonMap = outcome === 'detached' ? { run: runId } : {}
      return {
        type: 'ChildFinished',
        at: clock(),
        step,
        runId,
        outcome,
        outputs,
        ...(message !== undefined && { message }),
      }
    }
    try {
      pin(request)
    } catch (error) {
      return this.#tell(parent, end('failed', `It cannot begin: ${(error as Error).message}`))
    }
    const accepted = await start(request)
    if (detached) return this.#tell(parent, end('detached'))
    if (accepted === 'accepted' || live(runId) !== undefined) return
    // It was begun before a crash and has ended since, or is left to the next process.
    const state = read(runId)
    if (state !== undefined && isFinished(state)) await this.#tell(parent, endOfChild(state, step, clock()))
  }

  async #tell(parent: LiveRun, end: ChildFinished): Promise<void> {
    await parent.accepted.promise
    const isOpen = openChildren(parent.state).some(({ id, child }) => id === end.step && child.runId === end.runId)
    if (isFinished(parent.state) || !isOpen) return
    await this.#tools.append(parent, [end])
    this.#tools.wake(parent)
  }

  #givenUp(run: LiveRun, id: string): void {
    const step = run.state.steps.get(id)
    if (step?.child !== undefined && step.ended === undefined) this.#giveUp(run, step.child)
  }

  #giveUpAll(run: LiveRun, kill = false): void {
    for (const { child } of openChildren(run.state)) this.#giveUp(run, child, kill)
  }

  #giveUp(run: LiveRun, { runId, detached }: ChildRequested, kill = false): void {
    if (!detached) this.#go(run, () => this.#cancel(runId, run.state, kill))
  }

  async #cancel(runId: string, parent: RunState, kill = false): Promise<void> {
    const reason = `Run ${parent.request.runId}, which performs it as a step, does not wait for it any more.`
    await this.#tools.cancel(runId, { by: 'headwater', reason, kill })
  }

  #go(run: LiveRun, move: () => Promise<void>): void {
    const going = move().catch((error: unknown) => {
      // The next process does it.
      if (!(error instanceof BackendError && error.code === 'closing')) this.#tools.onTrouble(run.id, error)
    })
    this.#going.add(going)
  }
}
