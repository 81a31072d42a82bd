import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Json, isList, isMap } from '../../../controller/core/model/values.ts'
import { readFast } from '../../../controller/core/model/yaml-fast.ts'
import { readYaml } from '../../../controller/core/model/yaml-read.ts'
import { fleetFiles } from './fleet-files.ts'

const isSoak = process.env['HEADWATER_LANE'] === 'soak'
const numRuns = isSoak ? 100_000 : 2_000
const timeout = isSoak ? 3_600_000 : 120_000

/** What the fast reading accepts, the strict one accepts without a remark and reads alike: same values, same order of keys. */
function compare(text: string): 'accepted' | 'left' {
  const fast = readFast(text)
  if (fast === undefined) return 'left'
  const strict = readYaml({ file: 'a.yaml', text })
  if (strict.kind !== 'read')
    throw new Error(`${JSON.stringify(text)}: only the fast reading accepts it: ${JSON.stringify(strict.problems)}`)
  expect(strict.problems, text).toEqual([])
  expect(exactly(fast), text).toBe(exactly(strict.value))
  return 'accepted'
}

/** Differs where two values differ in anything, be it the sign of zero. */
function exactly(value: Json): string {
  if (isList(value)) return `[${value.map(exactly).join()}]`
  if (isMap(value)) {
    expect(Object.getPrototypeOf(value)).toBeNull()
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}:${exactly(item)}`)
      .join()}}`
  }
  return Object.is(value, -0) ? '-0' : JSON.stringify(value)
}

const cases = join(import.meta.dirname, '../../cases/parse')
const corpus = [...fleetFiles(), ...readdirSync(cases).map((name) => join(cases, name))].map((path) =>
  readFileSync(path, 'utf8'),
)

/** What parsers have read differently, parted by ` ~~ `. */
const awkwardValues = [
  `yes ~~ No ~~ on ~~ y ~~ 012 ~~ 0o14 ~~ 0x1F ~~ 1_000 ~~ +1 ~~ -0 ~~ .5 ~~ 5. ~~ 1e3 ~~ 1E400 ~~ .inf ~~ .NaN`,
  `12:30 ~~ 2026-01-01 ~~ 1.10 ~~ 1.0 ~~ 9007199254740993 ~~ ~ ~~ null ~~ Null ~~ nULL ~~ true ~~ TRUE ~~ tRUE`,
  `- ~~ -- ~~ -a ~~ ?a ~~ :a ~~ ? ~~ : ~~ a:b ~~ a #b ~~ a#b ~~ # ~~ %a ~~ @a ~~ \`a\` ~~ *a ~~ &a ~~ &a b ~~ !a`,
  `!a b ~~ !!str 1 ~~ << ~~ | ~~ > ~~ |- ~~ |+\n  a\n\n ~~ >+\n  a\n\n ~~ |2\n    a ~~ |1\n a`,
  `>\n  a\n   b\n  c\n ~~ |\n  a\n\n\n ~~ |\n\n  a ~~ |\n   \n  a ~~ > # c\n  a ~~ |#\n  a ~~ |-2\n  a`,
  `|22\n  a ~~ "a\n\n  b" ~~ "a \\\n  b" ~~ 'a\n\n  b' ~~ "\\x41\\u00e9\\U0001F600" ~~ "\\ud83d\\ude00"`,
  `"\\ud83d" ~~ "\\/" ~~ "\\q" ~~ 'it''s' ~~ "a" b ~~ "a"b ~~ 'a' 'b' ~~ a\n  b ~~ a\n\n  b ~~ a\n b: c`,
  `[a, b] ~~ [a,] ~~ [,] ~~ [a b: c] ~~ [a: b, c: d] ~~ [? a : b] ~~ {a} ~~ {a: } ~~ {a:b} ~~ {"a":b} ~~ {a: b,}`,
  `{? a} ~~ {: b} ~~ [[a], {b: [c]}] ~~ [a\n, b] ~~ [a]: b ~~ {a: 1, a: 2} ~~ [-] ~~ [- a] ~~ [a]b ~~ {a: "b"c}`,
  `[a #b\n] ~~ [a, #b\n c] ~~ ["a":1] ~~ [a:1] ~~ [http://x] ~~ {a: [b} ~~ - a ~~ - - a\n  - b ~~ \n- a\n- b`,
  `\n  - a\n - b ~~ \n  - a\n  b: c ~~ \n    a: 1\n   b: 2 ~~ ? a\n  : b ~~ \n  ? a\n  : b ~~ \n  ? [a]\n  : b`,
  `\n  ? |\n    a\n  : b ~~ \n  : b ~~ \n  __proto__: 1 ~~ \n  "constructor": 1 ~~ \n  <<: {} ~~ \n  1: a`,
  `\n  true: a ~~ \n  ~: a ~~ \n  ? a\n  ? b`,
].flatMap((line) => line.split(' ~~ '))

const awkwardDocuments = [
  `---\na: 1 ~~ --- \na: 1\n... ~~ ---\n---\n ~~ a: 1\n---\nb: 1 ~~ ...\na: 1 ~~ a: 1\n...\n ~~ a: 1\n... # c\n`,
  `--- a: 1 ~~ --- {a: 1} ~~ %YAML 1.2\n---\na: 1 ~~ # c\na: 1 ~~ #\n\n a: 1 ~~  a: 1\n b: 2 ~~ a: 1\n b: 2`,
  `{a: 1} ~~ [a] ~~  ~~ ~ ~~ a ~~ "a": 1 ~~ "a" : 1 ~~ 'a':1 ~~ a: 1\n\u2028b: 2 ~~ a: \u00a0b ~~ a: b\u0085c: d`,
  `\ufeffa: 1 ~~ a:\r\n  b: 1\r\n ~~ a:\tb ~~ a: b\t# c ~~ a:\n\tb: 1 ~~ a: |+\n\n     ~~ a: #c\n#c\n |\nb: 1`,
  `a: #c\n#c\n x\nb: 1 ~~ a:\n#c\n |\nb: 1 ~~ a: |+\n  x\n      `,
  `a: #c\n- {a: 1}aa: a ~~ a:\n- {b: 1} c: 2\n ~~ a:\n- "b" c: 2\n ~~ a:\n- 'b' : 2\n ~~ a:\n- - [b] c: 2\n ~~ a:\n- {b: 1} - c`,
].flatMap((line) => line.split(' ~~ '))

const longKeys = [`${'k'.repeat(1_100)}: 1`, `? ${'k'.repeat(1_100)}\n: 1`, `k${' '.repeat(1_100)}: 1`]

const tokens = [
  `a ~~ b ~~ key ~~ 1 ~~ -1.5 ~~ null ~~ a b ~~ a:  ~~ b:\n ~~ c: 1\n ~~ :  ~~ : ~~ -  ~~ -\n ~~ - a: 1\n ~~ ? `,
  `\n ~~ \n   ~~ \n     ~~    ~~   ~~ [ ~~ ] ~~ { ~~ } ~~ , ~~ ,  ~~ {a: 1} ~~ [a, b] ~~ "x y" ~~ 'it''s'`,
  `"\\n" ~~ "\\\n " ~~ |\n ~~ >-\n ~~ |+\n ~~ |2\n ~~  #c ~~ #c\n ~~ ---\n ~~ ...\n ~~ \${{ a }} ~~ http://x`,
  `= ~~ . ~~ .. ~~ -a ~~ ?a ~~ :a ~~ @ ~~ \` ~~ " ~~ ' ~~ \\ ~~ \u{1f600} ~~ \u2028`,
].flatMap((line) => line.split(' ~~ '))
const insertions = [
  `\n ~~   ~~    ~~ : ~~ :  ~~ -  ~~ [ ~~ ] ~~ { ~~ } ~~ ,  ~~ # ~~  # ~~ " ~~ ' ~~ | ~~ > ~~ ? ~~ ?  ~~ &a `,
  `*a ~~ !t  ~~ % ~~ --- ~~ ... ~~ << ~~ \\ ~~ \t ~~ \r ~~ 0 ~~ - ~~ ~ ~~ __proto__`,
].flatMap((line) => line.split(' ~~ '))

describe('the fast reading', () => {
  it('agrees with the strict one on every file of the repository', () => {
    expect(corpus.filter((text) => compare(text) === 'accepted').length).toBeGreaterThan(0)
  })

  it('serves the files that parse', () => {
    expect(fleetFiles().filter((path) => readFast(readFileSync(path, 'utf8')) === undefined)).toEqual([])
  })

  it('agrees on awkward input', () => {
    const texts = [...awkwardValues.map((value) => `a: ${value}\n`), ...awkwardDocuments, ...longKeys]
    for (const text of texts) compare(text)
  })

  it('agrees on random mutations of files', { timeout }, () => {
    const piece = fc.oneof(fc.constantFrom(...insertions), fc.string({ unit: 'binary', maxLength: 4 }))
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat({ max: 12 }),
      insert: piece,
    })
    const mutated = fc
      .tuple(fc.constantFrom(...corpus), fc.array(edit, { minLength: 1, maxLength: 3 }))
      .map(([text, edits]) =>
        edits.reduce((current, { at, remove, insert }) => {
          const start = Math.floor(at * current.length)
          return current.slice(0, start) + insert + current.slice(start + remove)
        }, text),
      )
    fc.assert(
      fc.property(mutated, (text) => void compare(text)),
      { numRuns },
    )
  })

  it('agrees on random heaps of tokens', { timeout }, () => {
    const token = fc.constantFrom(...tokens)
    const heap = fc.array(token, { minLength: 1, maxLength: 14 }).map((tokens) => `a: ${tokens.join('')}`)
    fc.assert(
      fc.property(heap, (text) => void compare(text)),
      { numRuns: 5 * numRuns },
    )
  })
})
