import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  applyOverlay,
  checkLocks,
  diffPaths,
  extractOverlay,
  formatPath,
  type LockMode,
  type MergeOptions,
  type MergeResult,
  type Path,
  parsePath,
  resolveConflicts,
  type SchemaNode,
  threeWayMerge,
} from '../../../controller/core/merge/index.ts'
import { equal, type Json, toValue } from '../../../controller/core/model/values.ts'

/** Literal documents in, literal documents out. `short` writes a list of members as `A B:x`: `[{id: A}, {id: B, v: x}]`. */
interface Table {
  readonly kind: 'merge' | 'overlay' | 'diff' | 'locks'
  readonly schema?: SchemaNode
  readonly short?: boolean
  readonly cases: readonly Case[]
}
interface Case {
  readonly name: string
  readonly options?: MergeOptions
  readonly conflicts?: readonly string[]
  readonly notices?: readonly string[]
  readonly strict?: readonly string[]
  readonly problems?: readonly string[]
  readonly locks?: readonly { readonly path: string; readonly mode: LockMode }[]
  readonly violations?: readonly string[]
  readonly [document: string]: unknown
}

const folder = new URL('../../cases/merge/', import.meta.url)
for (const file of readdirSync(folder)) {
  const table = parse(readFileSync(new URL(file, folder), 'utf8')) as Table
  describe(file, () => {
    for (const entry of table.cases) it(entry.name, () => check(table, entry))
  })
}

function check(table: Table, entry: Case): void {
  const read = (name: string): Json | undefined => {
    if (!(name in entry)) return undefined
    return table.short ? expand(String(entry[name])) : toValue(entry[name])
  }
  if (table.kind === 'merge') checkMerge(table.schema, entry, read)
  else if (table.kind === 'overlay') checkOverlay(table.schema, entry, read)
  else if (table.kind === 'diff') {
    const diff = diffPaths({ from: read('from'), to: read('to'), schema: table.schema })
    for (const list of ['added', 'removed', 'modified', 'reordered'] as const) {
      expect(diff[list].map(formatPath).sort(), list).toEqual(((entry[list] ?? []) as string[]).toSorted())
    }
  } else {
    const locks = (entry.locks ?? []).map(({ path, mode }) => ({
      path: parsePath(path) as Path,
      mode,
      lockedBy: 'msp',
    }))
    const violations = checkLocks({ from: read('from'), to: read('to'), schema: table.schema, locks })
    expect(violations.map(({ path, lock }) => `${formatPath(path)} ${lock.mode}`).sort()).toEqual(
      entry.violations ?? [],
    )
  }
}

function checkMerge(schema: SchemaNode, entry: Case, read: (name: string) => Json | undefined): void {
  const input = { base: read('base'), ours: read('ours'), theirs: read('theirs'), schema }
  const result = threeWayMerge(input, entry.options)
  expect(conflictsOf(result)).toEqual((entry.conflicts ?? []).toSorted())
  expect(result.notices.map(({ code, path }) => `${formatPath(path)} ${code}`).sort()).toEqual(
    (entry.notices ?? []).toSorted(),
  )
  if ('expected' in entry) expect(result.value).toEqual(read('expected'))
  if ('mirrored' in entry) expect(mirror().value).toEqual(read('mirrored'))
  if ('resolved' in entry)
    expect(resolveConflicts(input, () => 'theirs', entry.options)).toMatchObject({
      kind: 'clean',
      value: read('resolved'),
    })
  if (entry.strict)
    expect(conflictsOf(threeWayMerge(input, { ...entry.options, order: 'strict' }))).toEqual(entry.strict)
  expect(conflictsOf(mirror())).toEqual((entry.conflicts ?? []).toSorted())

  function mirror(): MergeResult {
    return threeWayMerge({ ...input, ours: input.theirs, theirs: input.ours }, entry.options)
  }
}

function checkOverlay(schema: SchemaNode, entry: Case, read: (name: string) => Json | undefined): void {
  const base = read('base')
  const previousBase = read('previous')
  const result = applyOverlay({
    base,
    overlay: read('overlay'),
    schema,
    ...(previousBase !== undefined && { previousBase }),
  })
  if (result.kind === 'invalid') {
    expect(result.problems.map(({ code, path }) => `${formatPath(path)} ${code}`)).toEqual(entry.problems)
    return
  }
  expect(entry.problems).toBeUndefined()
  expect(result.value).toEqual(read('expected'))
  expect(result.notices.map(({ code, path }) => `${formatPath(path)} ${code}`)).toEqual(entry.notices ?? [])
  const extracted = extractOverlay({ base, ours: result.value, schema })
  const again = applyOverlay({ base, overlay: extracted, schema })
  expect(again.kind === 'applied' && equal(again.value, result.value), JSON.stringify(extracted)).toBe(true)
}

function conflictsOf(result: MergeResult): string[] {
  return result.kind === 'clean' ? [] : result.conflicts.map(({ path, type }) => `${formatPath(path)} ${type}`).sort()
}

function expand(short: string): Json {
  const items = short.split(' ').filter((word) => word !== '')
  return toValue({
    list: items.map((word) => {
      const [id, v] = word.split(':')
      return v === undefined ? { id } : { id, v }
    }),
  })
}
