import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Outcome } from '../../../controller/core/desired/index.ts'
import { openOutcomeCache } from '../../../controller/io/store/outcome-cache.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headwater-cache-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = (version = 'this program') => openOutcomeCache(join(folder, 'cache'), version)
const signature = (at: number): string => String(at).padStart(43, 's')
const outcome = (at: number): Outcome => ({
  digest: String(at).padStart(64, '0'),
  workflows: at,
  hasSchedule: at % 2 === 1,
  isBehind: at % 3 === 0,
})
const outcomes = (from: number, to: number) =>
  new Map(Array.from({ length: to - from }, (_, at) => [signature(from + at), outcome(from + at)] as const))

async function kept(...all: readonly Map<string, Outcome>[]): Promise<void> {
  const cache = open()
  for (const each of all) cache.keep({ size: each.size, fresh: () => each, all: () => each })
  await cache.settled()
}

test('what one process keeps another one gets', async () => {
  await kept(outcomes(0, 3))
  const cache = open()
  expect([cache.get(signature(0)), cache.get(signature(1)), cache.get(signature(7))]).toEqual([
    { digest: '0'.repeat(64), workflows: 0, hasSchedule: false, isBehind: true },
    { digest: `${'0'.repeat(63)}1`, workflows: 1, hasSchedule: true, isBehind: false },
    undefined,
  ])
})

test('another program gets nothing, and a file that was changed gives nothing', async () => {
  await kept(outcomes(0, 3))
  expect(open('another program').get(signature(1))).toBeUndefined()
  const file = join(folder, 'cache', 'tenants')
  writeFileSync(file, readFileSync(file, 'utf8').replace(' 1 scheduled', ' 2 scheduled'))
  expect(open().get(signature(1))).toBeUndefined()
})

test('only what is new is written, whoever wrote the rest', async () => {
  await kept(outcomes(0, 100))
  const before = readFileSync(join(folder, 'cache', 'tenants'), 'utf8')
  await kept(outcomes(0, 101), outcomes(101, 102))
  const after = readFileSync(join(folder, 'cache', 'tenants'), 'utf8')
  expect(after.startsWith(before)).toBe(true)
  expect(after.length - before.length).toBeLessThan(500)
  expect([open().get(signature(0)), open().get(signature(101))]).toEqual([outcome(0), outcome(101)])
})
