import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import {
  formatPath,
  type Path,
  resolveConflicts,
  type SchemaNode,
  threeWayMerge,
} from '../../controller/core/merge/index.ts'
import { applyOverlay, diffPaths, findFaults } from '../../controller/core/merge/index.ts'
import { type Json, toValue } from '../../controller/core/model/values.ts'
import { comparable } from '../core/merge/comparable.ts'

/** Public test tables as neutral cases. They live beside the checkout and are never copied into it. */
const shared = process.env.HEADWATER_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url))
const folder = `${shared}/data/merge-cases`
const reason = `no merge cases: ${folder} is absent (set HEADWATER_SHARED to the folder that holds data/merge-cases)`

interface Case {
  readonly id: string
  readonly name: string
  readonly kind: 'merge3' | 'overlay2' | 'diff2' | 'load' | 'jsonpatch'
  readonly schema: SchemaNode
  readonly expect: 'clean' | 'conflict' | 'error'
  readonly expected?: unknown
  readonly conflicts?: readonly { path: Path }[]
  readonly resolvedWithTheirs?: unknown
  readonly order?: 'strict' | 'ours-first' | 'unordered'
  readonly emptyContainers?: 'ignore'
  readonly nulls?: 'absent'
  readonly profile?: 'order-strict'
  readonly [document: string]: unknown
}

const present = existsSync(folder)
const files = present ? readdirSync(folder).filter((name) => name.endsWith('.json') && !name.startsWith('_')) : []
if (!present) console.log(reason)

describe.skipIf(!present)('public merge cases', () => {
  for (const file of files) {
    const suite = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as { suite: string; cases: readonly Case[] }
    describe(suite.suite, () => {
      for (const entry of suite.cases) {
        it.skipIf(entry.kind === 'jsonpatch')(`${entry.id} ${entry.name}`, () => check(entry))
      }
    })
  }
  it('has cases', () => expect(files.length).toBeGreaterThan(0))
})
it.skipIf(present)(`skipped: ${reason}`, () => expect(present).toBe(false))

function check(entry: Case): void {
  if (entry.kind === 'overlay2') checkOverlay(entry)
  else if (entry.kind === 'diff2') checkDiff(entry)
  else if (entry.kind === 'load')
    expect(findFaults({ value: document(entry, 'value'), schema: entry.schema })).not.toEqual([])
  else checkMerge(entry)
}

function checkMerge(entry: Case): void {
  const input = {
    base: document(entry, 'base'),
    ours: document(entry, 'ours'),
    theirs: document(entry, 'theirs'),
    schema: entry.schema,
  }
  const options = {
    ...(entry.nulls === 'absent' && { nullsAreAbsent: true }),
    ...(entry.profile === 'order-strict' && { order: 'strict' as const }),
  }
  const before = structuredClone(input)
  const result = threeWayMerge(input, options)
  expect(input).toEqual(before)
  const conflicts = result.kind === 'clean' ? [] : result.conflicts
  if (entry.expect === 'error') {
    expect(conflicts.map(({ type }) => type)).toContain('invalid')
    return
  }
  const wanted = entry.expect === 'clean' ? [] : (entry.conflicts ?? [])
  expect(conflicts.map(({ path }) => formatPath(path)).sort()).toEqual(
    wanted.map(({ path }) => formatPath(path)).sort(),
  )
  if (entry.expect === 'clean') {
    expect(shown(result.value, entry)).toEqual(shown(document(entry, 'expected'), entry))
  } else if ('resolvedWithTheirs' in entry) {
    const resolved = resolveConflicts(input, () => 'theirs', options)
    expect(resolved.kind).toBe('clean')
    expect(shown(resolved.value, entry)).toEqual(shown(document(entry, 'resolvedWithTheirs'), entry))
  }
}

function checkOverlay(entry: Case): void {
  const result = applyOverlay({
    base: document(entry, 'base'),
    overlay: document(entry, 'overlay'),
    schema: entry.schema,
  })
  if (entry.expect === 'error') expect(result.kind).toBe('invalid')
  else
    expect(shown(result.kind === 'applied' ? result.value : undefined, entry)).toEqual(
      shown(document(entry, 'expected'), entry),
    )
}

function checkDiff(entry: Case): void {
  const diff = diffPaths({ from: document(entry, 'from'), to: document(entry, 'to'), schema: entry.schema })
  const expected = entry.expected as Record<'added' | 'removed' | 'modified', readonly Path[]>
  for (const list of ['added', 'removed', 'modified'] as const) {
    expect(diff[list].map(formatPath).sort(), list).toEqual(expected[list].map(formatPath).sort())
  }
}

function document(entry: Case, name: string): Json | undefined {
  return name in entry ? toValue(entry[name]) : undefined
}

function shown(value: Json | undefined, entry: Case): unknown {
  return comparable(value, entry.schema, {
    ordered: entry.order !== 'unordered',
    dropEmpty: entry.emptyContainers === 'ignore',
  })
}
