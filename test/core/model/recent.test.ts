import { expect, test } from 'vitest'
import { Recent } from '../../../controller/core/model/recent.ts'

test('a value is made once, and what is undefined is made again', () => {
  const recent = new Recent<string, number | undefined>(10)
  let made = 0
  const make = () => ++made
  expect([recent.of('a', make), recent.of('a', make), recent.of('b', make)]).toEqual([1, 1, 2])
  expect([recent.of('c', () => undefined), recent.of('c', make)]).toEqual([undefined, 3])
})

test('what is used again and again stays while thousands of others come and go, and each that goes is named once', () => {
  const gone: number[] = []
  const recent = new Recent<number, string>(100, (key) => gone.push(key))
  let made = 0
  for (let key = 1; key <= 5_000; key++) {
    recent.of(key, () => 'other')
    recent.of(0, () => {
      made++
      return 'used'
    })
  }
  expect(made).toBe(1)
  expect(gone).not.toContain(0)
  expect(new Set(gone).size).toBe(gone.length)
  expect(gone.length).toBeGreaterThanOrEqual(5_001 - 100)
  expect(gone.length).toBeLessThanOrEqual(5_001 - 50)
})
