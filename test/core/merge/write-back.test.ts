import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  editYaml,
  formatPath,
  type Path,
  parsePath,
  type SchemaNode,
  writeBack,
} from '../../../controller/core/merge/index.ts'
import { type Json, toValue } from '../../../controller/core/model/values.ts'

/** Literal text in, literal text out. `value` is what the text must say; `edits` are paths and their values instead. */
interface Table {
  readonly schema?: SchemaNode
  readonly cases: readonly Case[]
}
interface Case {
  readonly name: string
  readonly text: string
  readonly value?: unknown
  readonly edits?: Readonly<Record<string, unknown>>
  readonly removed?: readonly string[]
  readonly base?: string
  readonly theirs?: string
  readonly expected?: string
  readonly notices?: readonly string[]
  readonly failed?: string
}

const folder = new URL('../../cases/write-back/', import.meta.url)
for (const file of readdirSync(folder)) {
  const table = parse(readFileSync(new URL(file, folder), 'utf8')) as Table
  describe(file, () => {
    for (const entry of table.cases) it(entry.name, () => check(table.schema, entry))
  })
}

function check(schema: SchemaNode, entry: Case): void {
  const { text, base, theirs } = entry
  const paths = [
    ...Object.entries(entry.edits ?? {}),
    ...(entry.removed ?? []).map((path) => [path, undefined] as const),
  ]
  const edits = paths.map(([path, value]) => ({
    path: parsePath(path) as Path,
    value: value === undefined ? undefined : toValue(value),
  }))
  const sides = { ...(base !== undefined && { base }), ...(theirs !== undefined && { theirs }) }
  const result =
    edits.length > 0
      ? editYaml({ text, schema, edits })
      : writeBack({ text, value: toValue(entry.value), schema, ...sides })
  if (entry.failed !== undefined || result.kind === 'failed') {
    expect(result).toEqual({ kind: 'failed', reason: entry.failed })
    return
  }
  expect(result.text).toBe(entry.expected)
  expect(result.notices.map(({ code, path }) => `${formatPath(path)} ${code}`)).toEqual(entry.notices ?? [])
  if ('value' in entry) expect(toValue(parse(result.text, { merge: true }) as Json)).toEqual(toValue(entry.value))
}
