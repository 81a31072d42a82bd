import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { toValue } from '../../../controller/core/model/values.ts'
import { advance } from '../../../controller/core/run/advance.ts'
import type { RunEvent } from '../../../controller/core/run/events.ts'
import { fold } from '../../../controller/core/run/fold.ts'
import type { RunState } from '../../../controller/core/run/run-state.ts'
import { context, workflowOf } from './scenario.ts'

const folder = join(import.meta.dirname, '../../cases/journals')

const outside = new Set<RunEvent['type']>(['ApprovalGiven', 'AttemptUnknown', 'ChildFinished', 'CancelRequested'])

/** Written when something came back from outside; whatever else stands in a journal, the interpreter decided. */
function isFromOutside(event: RunEvent, { cancel }: RunState): boolean {
  if (outside.has(event.type)) return true
  if (event.type === 'RunCancelled') return cancel === undefined
  const ofLane = event.type === 'AttemptSucceeded' || event.type === 'AttemptFailed' || event.type === 'TimerSet'
  return ofLane && event.connection !== undefined
}

// Files of this folder are never rewritten: each was written by the interpreter of its day, and its runs may still be going on.
describe('journals of earlier versions', () => {
  it.each(readdirSync(folder))('%s is decided as it was', (name) => {
    const { workflow, events } = parse(readFileSync(join(folder, name), 'utf8')) as {
      workflow: string
      events: unknown[]
    }
    const [first, ...rest] = toValue(events) as unknown as RunEvent[]
    let state = fold(null, first as RunEvent)
    for (let left = rest; left.length > 0; ) {
      const now = left[0]?.at ?? 0
      const isNext = left[0] !== undefined && isFromOutside(left[0], state)
      const before = state
      // What came back together is decided on together, and what was decided at one time was decided at once.
      const until = left.findIndex((event) => isFromOutside(event, before) !== isNext || event.at !== now)
      const taken = until < 0 ? left : left.slice(0, until)
      if (!isNext) expect(toValue(advance(state, context(workflowOf(workflow), now)).events)).toEqual(taken)
      for (const event of taken) state = fold(state, event)
      left = left.slice(taken.length)
    }
  })
})
