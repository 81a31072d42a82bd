import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generateFleet } from '../../../controller/cli/generate-fleet.ts'
import { caps } from '../../../controller/core/model/caps.ts'
import { decodeText } from '../../../controller/core/model/decode-text.ts'
import { type Json, isList, isMap } from '../../../controller/core/model/values.ts'
import { readFast } from '../../../controller/core/model/yaml-fast.ts'
import { readYaml } from '../../../controller/core/model/yaml-read.ts'
import { fleetFiles } from './fleet-files.ts'

const isSoak = process.env['HEADWATER_LANE'] === 'soak'
const numRuns = isSoak ? 100_000 : 2_000
const seed = Number(process.env['HEADWATER_SEED'] ?? Date.now() % 2_147_483_647)
const timeout = isSoak ? 3_600_000 : 120_000

/** What the fast reading accepts, the strict one accepts without a remark and reads alike: same values, same order of keys. */
function compare(text: string): 'accepted' | 'left' {
  const bytes = Buffer.from(text)
  const fast = readFast(bytes)
  if (fast === undefined) return 'left'
  const decoded = decodeText('a.yaml', bytes)
  if (decoded.kind !== 'decoded') throw new Error(`${JSON.stringify(text)}: only the fast reading decodes it`)
  const strict = readYaml({ file: 'a.yaml', text: decoded.text })
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

/** What an edit makes of one line; a piece is anything from above. */
const lineEdits: Record<string, (line: string, piece: string) => string> = {
  'one space more': (line) => ` ${line}`,
  'two spaces more': (line) => `  ${line}`,
  'one space less': (line) => line.replace(/^ /, ''),
  'two spaces less': (line) => line.replace(/^ {2}/, ''),
  'no indentation': (line) => line.trimStart(),
  'another value': (line, piece) => line.replace(/(?<=[:-] ).*/, () => piece),
  'another key': (line, piece) => line.replace(/[^ -][^:]*(?=:)/, () => piece),
  'something before it': (line, piece) => line.replace(/(?<=^ *)(?! )/, () => piece),
  'something behind it': (line, piece) => line + piece,
  'quotes around the value': (line) => line.replace(/(?<=[:-] )(.*)/, '"$1"'),
  'a space at its end': (line) => `${line} `,
  'a comment': (line) => `${line} # c`,
  'a comment that is none': (line) => `${line}# c`,
  'an item': (line) => line.replace(/(?<=^ *)(?! )/, '- '),
  'a nested item': (line) => line.replace(/(?<=^ *)(?! )/, '- - '),
  'no space behind the colon': (line) => line.replace(': ', ':'),
  'no value': (line) => line.replace(/(?<=[:-]) .*/, ''),
  'block text of it': (line) => line.replace(/^( *)(.*?: )(.*)/, '$1$2|\n$1  $3'),
  'folded, then deeper': (line) => line.replace(/^( *)(.*?: )(.*)/, '$1$2>-\n$1  $3\n$1    $3\n\n$1  $3'),
  'deeper, then folded': (line) => line.replace(/^( *)(.*?: )(.*)/, '$1$2>+\n$1    $3\n$1  $3\n\n'),
  'a blank line': (line) => `${line}\n`,
  'a blank line before': (line) => `\n${line}`,
  'a line of spaces': (line) => `${line}\n   `,
  'a comment line': (line) => `${line}\n# c`,
  'an indented comment line': (line) => `${line}\n    # c`,
  'a second time': (line) => `${line}\n${line}`,
  nothing: () => '',
}

/** The usual, and one time in eighty something odd. */
const often = <T>(usual: readonly T[], odd: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 79, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: fc.constantFrom(...odd) })
const values = often(
  [
    `b ~~ 'it''s: #1' ~~ "a\\tb: c" ~~ a b#c:d ~~ -1.5e3 ~~ ~ ~~ [] ~~ {} ~~ [a, 'b', {c: 1}] ~~ { d: [] } ~~ é ~~ `,
    `|\n  x\n ~~ |-\n x\n  y\n\n z ~~ >\n x\n y\n\n\n z\n  w\n v ~~ >-\n   x\n\n    y\n ~~ |+\n x\n\n`,
  ].flatMap((line) => line.split(' ~~ ')),
  awkwardValues,
).map((value) => ` ${value}`)
const keys = often(
  `a ~~ b ~~ c d ~~ "e" ~~ 'f: g' ~~ $h ~~ i# ~~ j:k ~~ 0a ~~ é`.split(' ~~ '),
  `l  ~~ - m ~~ .5 ~~ 0x1 ~~ ~ ~~ << ~~ #n ~~ ? o ~~ "p"  ~~ [q]`.split(' ~~ '),
)
const ends = often(
  ['', '', '', ' # c', '\n', '\n# c'],
  [' ', '#c', '\n ', '\n  ', '\n    # c', '\n\t', '\nq', '\n---', '\n q: r'],
)
const widths = often([1, 2, 2, 4], [0, 3])
const under = (text: string, width: number): string => text.replace(/^(?=.)/gm, ' '.repeat(width))

/** Documents of everything that the fast reading knows. */
const { map: documents } = fc.letrec<{ map: string; list: string; block: string; node: string }>((tie) => ({
  block: fc.oneof(tie('map'), tie('list')),
  node: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    values,
    fc.tuple(ends, widths, tie('block')).map(([end, width, block]) => `${end}\n${under(block, width)}`),
    fc.tuple(ends, tie('list')).map(([end, list]) => `${end}\n${list}`),
  ),
  map: fc
    .uniqueArray(fc.tuple(keys, tie('node'), ends), { minLength: 1, maxLength: 3, selector: ([key]) => key })
    .map((entries) => entries.map(([key, node, end]) => `${key}:${node}${end}`).join('\n')),
  list: fc
    .array(fc.tuple(fc.oneof(tie('node'), compact(tie('block'))), ends), { minLength: 1, maxLength: 3 })
    .map((items) => items.map(([node, end]) => `-${node}${end}`).join('\n')),
}))

/** A map or list that begins behind the dash of its item. */
function compact(block: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(widths, block).map(([width, text]) => under(text, width + 1).slice(1))
}

const repeat = (count: number, text: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => text(at)).join('')

describe('the fast reading', () => {
  it('agrees with the strict one on every file of the repository', () => {
    expect(corpus.filter((text) => compare(text) === 'accepted').length).toBeGreaterThan(0)
  })

  it('serves every file of the starter fleet', () => {
    expect(fleetFiles().filter((path) => compare(readFileSync(path, 'utf8')) === 'left')).toEqual([])
  })

  it('serves every file of a generated fleet', () => {
    const left = [...generateFleet({ tenants: 300 })].filter(([, text]) => compare(text) === 'left')
    expect(left.map(([path]) => path)).toEqual([])
  })

  it('agrees on awkward input', () => {
    const texts = [...awkwardValues.map((value) => `a: ${value}\n`), ...awkwardDocuments, ...longKeys]
    for (const text of texts) compare(text)
  })

  it.each([
    ['levels of maps', caps.depth, (count: number) => repeat(count, (at) => `${' '.repeat(at)}a:\n`)],
    ['levels of lists', caps.depth - 1, (count: number) => `a: \n${'- '.repeat(count)}b\n`],
    ['levels of brackets', caps.depth - 1, (count: number) => `a: ${'['.repeat(count)}b${']'.repeat(count)}\n`],
    ['keys', caps.keys, (count: number) => repeat(count, (at) => `k${at}: 1\n`)],
    ['keys in brackets', caps.keys, (count: number) => `a: {${repeat(count, (at) => `k${at}: 1,`).slice(0, -1)}}\n`],
    ['values', caps.values - 2, (count: number) => `a:\n${'- b\n'.repeat(count)}`],
    ['values in brackets', caps.values - 2, (count: number) => `a: [${'b,'.repeat(count).slice(0, -1)}]\n`],
    ['lines', caps.fileLines, (count: number) => `a: b${'\n'.repeat(count)}`],
    ['bytes', caps.fileBytes, (count: number) => `a: ${'b'.repeat(count - 4)}\n`],
  ])('takes as many %s as are allowed, and not one more', (_, most, text) => {
    expect(compare(text(most))).toBe('accepted')
    expect(compare(text(most + 1))).toBe('left')
  })

  const property = (numRuns: number, texts: fc.Arbitrary<string>): void =>
    fc.assert(
      fc.property(texts, (text) => void compare(text)),
      { numRuns, seed },
    )

  it(`agrees on random mutations of files (seed ${seed})`, { timeout }, () => {
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
    property(numRuns, mutated)
  })

  it(`agrees on files with lines edited at random (seed ${seed})`, { timeout }, () => {
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      name: fc.constantFrom(...Object.keys(lineEdits)),
      piece: fc.constantFrom(...insertions, ...tokens, ...awkwardValues),
    })
    const edited = fc
      .tuple(fc.constantFrom(...corpus), fc.array(edit, { minLength: 1, maxLength: 3 }))
      .map(([text, edits]) => {
        const lines = text.split('\n')
        for (const { at, name, piece } of edits) {
          const line = Math.floor(at * lines.length)
          lines[line] = lineEdits[name]?.(lines[line] ?? '', piece) ?? ''
        }
        return lines.join('\n')
      })
    property(numRuns, edited)
  })

  it(`agrees on documents of its own kind (seed ${seed})`, { timeout }, () => {
    property(2 * numRuns, documents)
  })

  it(`agrees on random heaps of tokens (seed ${seed})`, { timeout }, () => {
    const token = fc.constantFrom(...tokens)
    const heap = fc.array(token, { minLength: 1, maxLength: 14 }).map((tokens) => `a: ${tokens.join('')}`)
    property(5 * numRuns, heap)
  })
})
