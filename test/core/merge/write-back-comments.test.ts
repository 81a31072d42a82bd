import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  dropNulls,
  resolveConflicts,
  type SchemaNode,
  threeWayMerge,
  writeBack,
} from '../../../controller/core/merge/index.ts'
import { equal, type Json, toValue } from '../../../controller/core/model/values.ts'

interface MergeCase {
  readonly id: string
  readonly name: string
  readonly schema: SchemaNode
  readonly expect?: string
  readonly yaml?: Readonly<Record<'base' | 'ours' | 'theirs' | 'upstreamExpected', string>>
}

const root = fileURLToPath(new URL('../../../', import.meta.url))
const file = join(process.env.HEADWATER_SHARED ?? join(root, '../shared'), 'data/merge-cases/kyaml-merge3.json')

/** Where upstream's comments are not ours, and why. */
const differs: Readonly<Record<string, string>> = {
  'kyaml3-007':
    'both sides changed value and comment: ours keeps its comment (as upstream does in kyaml3-020), upstream takes theirs',
}

describe.skipIf(!existsSync(file))('comments of the kyaml cases', () => {
  const suite = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { cases: MergeCase[] }) : { cases: [] }
  const cases = suite.cases.filter(({ yaml }) => yaml && Object.values(yaml).some((text) => text?.includes('#')))

  it('are 29', () => expect(cases).toHaveLength(29))

  for (const { id, name, schema, yaml, expect: outcome } of cases) {
    const { base, ours, theirs, upstreamExpected } = yaml as NonNullable<MergeCase['yaml']>
    const read = (text: string): Json => toValue(parse(text))
    const [b, o, t] = [base, ours, theirs].map((text) => dropNulls(read(text), schema)) as [Json, Json, Json]
    const result =
      outcome === 'conflict'
        ? resolveConflicts({ base: b, ours: o, theirs: t, schema }, () => 'theirs')
        : threeWayMerge({ base: b, ours: o, theirs: t, schema })

    it(`${id} ${name}${id in differs ? ` (but ${differs[id]})` : ''}`, () => {
      const written = writeBack({ text: ours, value: result.value as Json, schema, base, theirs })
      if (written.kind === 'failed') throw new Error(written.reason)
      expect(equal(read(written.text), result.value)).toBe(true)
      if (!(id in differs)) expect(commentsOf(written.text)).toEqual(commentsOf(upstreamExpected))
    })
  }
})
if (!existsSync(file))
  console.log(`comments of the kyaml cases are skipped: ${file} is not here (HEADWATER_SHARED names its folder)`)

/** Sorted, since where new keys stand is not a matter of comments. Each comment with what stands before it on its line, or after it where it has the line to itself. */
function commentsOf(text: string): string[] {
  const lines = text.split('\n')
  const comments = lines.flatMap((line, at) => {
    const [, before = '', comment] = /^(.*?)\s*(#.*)$/.exec(line) ?? []
    return comment === undefined ? [] : [`${before.trim() || `above ${lines[at + 1]?.trim()}`} ${comment}`]
  })
  return comments.sort()
}
