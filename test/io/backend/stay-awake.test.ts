import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { stayAwake } from '../../../controller/io/backend/stay-awake.ts'

const turnsAhead = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Immediate').length

describe.skipIf(availableParallelism() < 2)('staying awake', () => {
  it('keeps one turn ahead, however often it is asked for', () => {
    const before = turnsAhead()
    stayAwake()
    stayAwake()
    expect(turnsAhead() - before).toBe(1)
  })

  it('ends by itself, so that nothing keeps the processor busy or the process alive', async () => {
    stayAwake()
    while (turnsAhead() > 0) await sleep(5)
    expect(turnsAhead()).toBe(0)
  })

  it('can be asked for again', async () => {
    while (turnsAhead() > 0) await sleep(5)
    stayAwake()
    expect(turnsAhead()).toBe(1)
  })
})
