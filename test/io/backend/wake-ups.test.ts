import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { WakeUps } from '../../../controller/io/backend/wake-ups.ts'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

it('wakes each once, at the time that was said last, however many have given up waiting meanwhile', () => {
  const woken: string[] = []
  const wakeUps = new WakeUps(Date.now, (id) => woken.push(`${id} at ${Date.now()}`))
  wakeUps.set('early', 10)
  wakeUps.set('moved', 20)
  for (let nr = 0; nr < 5_000; nr += 1) {
    wakeUps.set(`gone${nr}`, 1_000_000 + nr)
    wakeUps.delete(`gone${nr}`)
  }
  wakeUps.set('moved', 40)
  wakeUps.set('late', 30)
  vi.advanceTimersByTime(2_000_000)
  expect(woken).toEqual(['early at 10', 'late at 30', 'moved at 40'])
  wakeUps.close()
})

it('wakes each in the order of its time, in whatever order times were said', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 60 }), (times) => {
      vi.setSystemTime(0)
      const woken: number[] = []
      const wakeUps = new WakeUps<{ readonly at: number }>(Date.now, ({ at }) => woken.push(at))
      for (const at of times) wakeUps.set({ at }, at)
      vi.advanceTimersByTime(100)
      wakeUps.close()
      expect(woken).toEqual(times.toSorted((a, b) => a - b))
    }),
  )
})
