import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { Document, isMap as isYamlMap, isPair, isScalar, isSeq, parse, type ToStringOptions, visit } from 'yaml'
import {
  diffPaths,
  editYaml,
  formatPath,
  type Path,
  readPath,
  type SchemaNode,
  type Segment,
  threeWayMerge,
  writeBack,
} from '../../controller/core/merge/index.ts'
import type { KindName } from '../../controller/core/model/generated/kinds.ts'
import { schemaOf } from '../../controller/core/model/schemas.ts'
import { equal, isList, isMap, type Json, type MutableMap, toValue } from '../../controller/core/model/values.ts'
import { readYaml } from '../../controller/core/model/yaml-read.ts'
import { applyEdits, edits, base as anyBase, schema, triple } from './merge-triples.ts'

const numRuns = process.env.HEADWATER_LANE === 'soak' ? 20_000 : 500
const seed = Number(process.env.HEADWATER_SEED ?? Date.now() % 2_147_483_647)
// Each run parses several documents, which is what takes the time.
vi.setConfig({ testTimeout: 240 * numRuns })
console.log(`write-back properties: seed ${seed}, ${numRuns} runs each (HEADWATER_SEED=${seed} repeats them)`)
const hold = <T>(input: fc.Arbitrary<T>, check: (value: T) => void): void =>
  fc.assert(fc.property(input, check), { numRuns, seed })

function written(input: Parameters<typeof writeBack>[0]): string {
  const result = writeBack(input)
  if (result.kind === 'failed') throw new Error(`${result.reason}\n${input.text}\n=> ${JSON.stringify(input.value)}`)
  return result.text
}
const read = (text: string): Json => toValue(parse(text))

function readBack(text: string, options: { readonly merge?: boolean } = {}): Json | undefined {
  try {
    return toValue(parse(text, options))
  } catch {
    return undefined
  }
}

/** A way to write a document down: choices of the emitter, then a bit for each node that gets a comment or a blank line. */
interface Hand {
  readonly options: ToStringOptions
  readonly marks: readonly number[]
  readonly crlf: boolean
  readonly open: boolean
}
const hand: fc.Arbitrary<Hand> = fc.record({
  options: fc.record({
    indent: fc.constantFrom(2, 4),
    indentSeq: fc.boolean(),
    singleQuote: fc.boolean(),
    flowCollectionPadding: fc.boolean(),
    lineWidth: fc.constantFrom(0, 40),
    defaultStringType: fc.constantFrom(
      'PLAIN',
      'PLAIN',
      'QUOTE_DOUBLE',
      'QUOTE_SINGLE',
      'BLOCK_FOLDED',
      'BLOCK_LITERAL',
    ),
    defaultKeyType: fc.constant('PLAIN'),
    directives: fc.constantFrom(null, true),
  }),
  marks: fc.array(fc.nat(31), { minLength: 1, maxLength: 40 }),
  crlf: fc.boolean(),
  open: fc.boolean(),
})

interface Written {
  readonly text: string
  /** Where each comment hangs. */
  readonly comments: ReadonlyMap<string, Path>
}

function writeDown(value: Json, { options, marks, crlf, open }: Hand, tree: SchemaNode): Written {
  const document = new Document(value, { version: '1.2', aliasDuplicateObjects: false })
  const comments = new Map<string, Path>()
  let at = 0
  const mark = (node: unknown, path: Path | undefined): void => {
    const bits = marks[at++ % marks.length] as number
    const target = node as { commentBefore?: string; comment?: string; spaceBefore?: boolean }
    if (path === undefined) return
    const say = (where: string): string => {
      comments.set(`#${where}${at}`, path)
      return `${where}${at}`
    }
    if ((bits & 5) === 5) target.commentBefore = say('above')
    if ((bits & 18) === 18) target.spaceBefore = true
    if ((bits & 12) === 12 && isPair(node) && isScalar(node.value) && !String(node.value.value).includes('\n'))
      node.value.comment = say('behind')
  }
  const walk = (node: unknown, schemaHere: SchemaNode, path: Path | undefined): void => {
    if (isYamlMap(node)) {
      if ((marks[at++ % marks.length] as number) > 28) node.flow = true
      for (const pair of node.items) {
        const key = String((pair.key as { value: unknown }).value)
        const here = path && !node.flow ? [...path, key] : undefined
        mark(pair.key, here)
        if (here) mark(pair, undefined)
        walk(pair.value, schemaHere?.properties?.[key], here)
      }
    } else if (isSeq(node)) {
      const keyed = schemaHere?.['x-kubernetes-list-type'] === 'map'
      if ((marks[at++ % marks.length] as number) > 26) node.flow = true
      for (const item of node.items) {
        const here =
          path && keyed && !node.flow
            ? [...path, { id: (item as { get(key: string): Json }).get('id') } as Segment]
            : undefined
        mark(item, here)
        walk(item, schemaHere?.items, here)
      }
    }
  }
  walk(document.contents, tree, [])
  // Inside brackets comments do not stay where they are put.
  visit(document, {
    Collection: (_, node) => {
      if (!node.flow) return undefined
      visit(node, {
        Node: (__, inner) =>
          void Object.assign(inner as object, { comment: undefined, commentBefore: undefined, spaceBefore: undefined }),
      })
      return visit.SKIP
    },
  })
  let text = document.toString(options)
  if (open) text = text.replace(/\n$/, '')
  if (crlf) text = text.replaceAll('\n', '\r\n')
  for (const comment of comments.keys()) if (!new RegExp(`${comment}(?:\r?\n|$)`).test(text)) comments.delete(comment)
  return { text, comments }
}

const nasty = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom(
    '',
    ' ',
    '- a',
    'a: b',
    '#c',
    'a #c',
    '~',
    'null',
    'yes',
    '0x1',
    '1e3',
    "it's",
    '"q"',
    '[x',
    '{',
    '*a',
    '&a',
    '!t',
    '%',
    '@',
    '`',
    '|',
    '>',
    '---',
    '...',
    '<<',
    'a\nb',
    'a\n',
    '\n',
    '\na',
    ' a\n b',
    'a\n\n',
    'a\n\n\nb\n',
    'tab\tx',
    '\ta',
    'x:',
    '?',
    '? x',
    ':',
    '-',
    '\u2028',
    '\u0085',
    '\r',
    'a\r\nb',
    '\u0000',
    'é',
    '😀',
    'a\n  b\nc\n',
    'a \nb',
    '=',
    '1_000',
    '12:30',
    '2020-01-01',
    'long '.repeat(30).trim(),
  ),
)
const anyValue = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'value' },
    nasty,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom<Json>(null, true, false),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .dictionary(fc.oneof(fc.constantFrom('a', 'b', 'c', 'd'), nasty), tie('value'), {
        maxKeys: 5,
        noNullPrototype: false,
      })
      .map(toValue),
  ),
})).value

const someKey = fc.oneof(fc.constantFrom('a', 'b', 'c', 'd'), nasty)
const someMap = fc.dictionary(someKey, anyValue, { minKeys: 2, maxKeys: 6 }).map(toValue)
const anyDocument = fc.oneof(
  { arbitrary: someMap, weight: 4 },
  { arbitrary: fc.array(anyValue, { minLength: 2, maxLength: 6 }), weight: 2 },
  { arbitrary: anyValue, weight: 1 },
)

/** Another document that has parts of the first: the parts to take over, and the values for the rest. */
function mix(from: Json, other: Json, bits: readonly number[], at = { next: 0 }): Json {
  const bit = bits[at.next++ % bits.length] as number
  if (bit === 0) return other
  if (bit < 3) return from
  if (isMap(from) && isMap(other)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(other)])]
    return toValue(
      Object.fromEntries(
        keys.flatMap((key) => {
          const [mine, their] = [readPath(from, [key], null), readPath(other, [key], null)]
          if (mine === undefined || their === undefined)
            return (bits[at.next++ % bits.length] as number) % 2 ? [[key, mine ?? their]] : []
          return [[key, mix(mine, their, bits, at)]]
        }),
      ),
    )
  }
  if (!isList(from) || !isList(other)) return bit % 2 === 0 ? from : other
  const items = from.map((item, index) => (index < other.length ? mix(item, other[index] as Json, bits, at) : item))
  return bit % 2 === 0 ? items : [...items.slice(1), ...other.slice(0, 1), ...items.slice(0, 1)]
}

describe('write-back', () => {
  it('says the value: random documents, random other documents', () => {
    let skipped = 0
    hold(
      fc.tuple(anyDocument, anyDocument, fc.array(fc.nat(7), { minLength: 1, maxLength: 12 }), hand),
      ([from, other, bits, how]) => {
        const { text } = writeDown(from, how, null)
        // The emitter of the library does not bring back every text in every style.
        const isMerge = JSON.stringify(from).includes('"<<":')
        if (isMerge || !equal(readBack(text), from)) skipped++
        else {
          const to = mix(from, other, bits)
          expect(equal(read(written({ text, value: to, schema: null })), to)).toBe(true)
        }
      },
    )
    expect(skipped).toBeLessThan(numRuns / 4)
  })

  it('says the value where anchors, aliases and merge keys stand', () => {
    let tried = 0
    hold(
      fc.tuple(
        fc.array(someMap, { minLength: 2, maxLength: 4 }),
        anyDocument,
        fc.array(fc.nat(7), { minLength: 1, maxLength: 12 }),
        hand,
      ),
      ([shared, other, bits, how]) => {
        const at = (index: number): Json => shared[index % shared.length] as Json
        // An object that stands at several places becomes an anchor and its aliases.
        const from = {
          a: at(0),
          b: [at(0), at(1)],
          c: { d: at(1), e: [at(0)] },
          f: at(0),
          m: { '<<': at(1), k: at(2) },
        }
        const document = new Document(from, { version: '1.2', merge: true })
        const text = document.toString({ ...how.options, defaultStringType: 'PLAIN' })
        const before = readBack(text, { merge: true })
        if (before === undefined || JSON.stringify(shared).includes('"<<":')) return
        tried++
        const to = mix(before, isMap(before) && isMap(other) ? toValue({ ...before, ...other }) : other, bits)
        const result = writeBack({ text, value: to, schema: null })
        if (result.kind === 'failed') throw new Error(`${result.reason}\n${text}\n=> ${JSON.stringify(to)}`)
        expect(equal(readBack(result.text, { merge: true }), to)).toBe(true)
      },
    )
    expect(tried).toBeGreaterThan(numRuns / 2)
  })

  it('says the value, keeps the comments of what is still there, and copies what did not change', () =>
    hold(fc.tuple(anyBase, edits, edits, hand), ([start, first, second, how]) => {
      const from = applyEdits(start, first)
      const value = applyEdits(from, second)
      const { text, comments } = writeDown(from, how, schema)
      const result = written({ text, value, schema })
      expect(equal(read(result), value)).toBe(true)
      const lost = [...comments].filter(
        ([comment, path]) => readPath(value, path, schema) !== undefined && !result.includes(comment),
      )
      expect(lost.map(([comment, path]) => `${comment} at ${formatPath(path)}\n${text}\n=>\n${result}`)).toEqual([])
      for (const block of topBlocks(text, from, value)) expect(result).toContain(block)
    }))

  it('a side that changed nothing leaves the bytes alone', () =>
    hold(fc.tuple(anyBase, edits, hand, hand), ([start, script, ourHand, theirHand]) => {
      const ours = applyEdits(start, script)
      const { text } = writeDown(ours, ourHand, schema)
      const { text: base } = writeDown(start, theirHand, schema)
      expect(written({ text, value: ours, schema })).toBe(text)
      expect(written({ text, value: ours, schema, base, theirs: base })).toBe(text)
    }))

  it('a merge says its result, and a second writing changes nothing', () =>
    hold(fc.tuple(triple, hand), ([{ b, o, t }, how]) => {
      const { value } = threeWayMerge({ base: b, ours: o, theirs: t, schema })
      const [base, text, theirs] = [b, o, t].map((side) => writeDown(side, how, schema).text) as [
        string,
        string,
        string,
      ]
      const result = written({ text, value: value as Json, schema, base, theirs })
      expect(equal(read(result), value)).toBe(true)
      expect(written({ text: result, value: value as Json, schema, base: theirs, theirs })).toBe(result)
    }))

  it('taking theirs over an unchanged document brings all comments of theirs', () =>
    hold(fc.tuple(anyBase, edits, hand), ([start, script, how]) => {
      const value = applyEdits(start, script)
      const { text: base } = writeDown(start, { ...how, marks: [0] }, schema)
      const theirs = writeDown(value, how, schema)
      const result = written({ text: base, value, schema, base, theirs: theirs.text })
      const lost = [...theirs.comments].filter(([comment]) => !result.includes(comment))
      expect(
        lost.map(([comment, path]) => `${comment} at ${formatPath(path)}\n${base}\n<=\n${theirs.text}\n=>\n${result}`),
      ).toEqual([])
    }))
})

/** The text of each top-level key whose value did not change, up to the end of its line. */
function topBlocks(text: string, from: Json, to: Json): string[] {
  const changed = new Set(
    Object.keys(from as object).filter((key) => !equal(readPath(from, [key], null), readPath(to, [key], null))),
  )
  const lines = text.split(/(?<=\n)/)
  const blocks: string[] = []
  let key: string | undefined
  for (const line of lines) {
    const found = /^"?'?(\w+)"?'?:/.exec(line)?.[1]
    if (found !== undefined) {
      key = found
      blocks.push('')
    }
    if (/^\s*(?:#|$)/.test(line) || key === undefined) key = undefined
    else if (!changed.has(key)) blocks.push((blocks.pop() ?? '') + line)
  }
  return blocks.map((block) => block.trimEnd())
}

/** As the gate reads it: what it would refuse may not be written. */
function readStrictly(text: string): Json {
  const reading = readYaml({ file: 'written.yaml', text })
  if (reading.kind === 'unreadable' || reading.problems.length > 0) throw new Error(JSON.stringify(reading.problems))
  return reading.value
}

const fleet = (): { readonly file: string; readonly text: string }[] => {
  const root = new URL('../../', import.meta.url)
  return ['workflows/', 'tenants/'].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => ({ file: folder + file, text: readFileSync(new URL(folder + file, root), 'utf8') })),
  )
}

describe('the files of the fleet', () => {
  const files = fleet()
  const schemaFor = (value: Json): SchemaNode => schemaOf((value as { kind: KindName }).kind)
  const place = fc.tuple(fc.nat(), fc.nat(), fc.nat())
  const file = fc.constantFrom(...files)

  it(`${files.length} files: unchanged values give the same bytes`, () => {
    for (const { text, file: name } of files) {
      const value = read(text)
      expect(written({ text, value, schema: schemaFor(value), base: text, theirs: text }), name).toBe(text)
    }
  })

  it('one changed field changes its own lines only', () =>
    hold(fc.tuple(file, place), ([{ text, file: name }, [which, kind]]) => {
      const value = read(text)
      const tree = schemaFor(value)
      const paths = diffPaths({ from: undefined, to: value, schema: tree }).added.filter((path) => {
        const here = readPath(value, path, tree)
        return path.length > 0 && typeof path.at(-1) === 'string' && !isMap(here) && !isList(here) && !isKeyField(path)
      })
      const path = paths[which % paths.length] as Path
      const next = ['changed', 7, false, 'with: colon', null, 'two\nlines\n'][kind % 6] as Json
      const result = editYaml({ text, schema: tree, edits: [{ path, value: next }] })
      if (result.kind === 'failed') throw new Error(`${name} ${formatPath(path)}: ${result.reason}`)
      expect(equal(readPath(readStrictly(result.text), path, tree), next), name).toBe(true)
      const old = text.split('\n')
      const now = result.text.split('\n')
      let head = 0
      while (head < old.length && old[head] === now[head]) head++
      let tail = 0
      while (tail < Math.min(old.length, now.length) - head && old.at(-1 - tail) === now.at(-1 - tail)) tail++
      const had = readPath(value, path, tree)
      const most =
        typeof had === 'string' && (had.includes('\n') || had.length > 60) ? 100 : next === 'two\nlines\n' ? 3 : 1
      expect(
        Math.max(old.length - head - tail, now.length - head - tail),
        `${name} ${formatPath(path)}\n${result.text}`,
      ).toBeLessThanOrEqual(most)
    }))

  it('random edits of keyed items: the value is said, and lines of other items stay in order', () =>
    hold(fc.tuple(file, fc.array(place, { minLength: 1, maxLength: 5 })), ([{ text, file: name }, script]) => {
      const from = read(text)
      const tree = schemaFor(from)
      const to = script.reduce((value, one) => editItems(value, tree, one), from)
      const result = written({ text, value: to, schema: tree })
      expect(equal(readStrictly(result), to), name).toBe(true)
      const { removed, modified, reordered, added } = diffPaths({ from, to, schema: tree })
      // A list that becomes empty, or is no longer empty, changes the line of its key.
      const isEmptyIn = (value: Json, path: Path): boolean => {
        const list = readPath(value, path.slice(0, -1), tree)
        return isList(list) && list.length === 0
      }
      const emptied = removed.some((path) => isEmptyIn(to, path)) || added.some((path) => isEmptyIn(from, path))
      if (reordered.length + modified.length > 0 || emptied) return
      if (removed.length === 0)
        expect(isSubsequence(text.split('\n'), result.split('\n')), `${name}\n${result}`).toBe(true)
      if (added.length === 0)
        expect(isSubsequence(result.split('\n'), text.split('\n')), `${name}\n${result}`).toBe(true)
    }))
})

function isKeyField(path: Path): boolean {
  const owner = path.at(-2)
  return typeof owner === 'object' && owner !== null && (path.at(-1) as string) in owner
}

function isSubsequence(few: readonly string[], many: readonly string[]): boolean {
  let at = 0
  for (const line of many) if (at < few.length && few[at] === line) at++
  return at === few.length
}

/** Takes away, copies under another key, or moves one item of a keyed list; where there is none, adds a key to a map. */
function editItems(value: Json, tree: SchemaNode, [which, where, kind]: readonly [number, number, number]): Json {
  const lists = diffPaths({ from: undefined, to: value, schema: tree }).added.filter(
    (path) => typeof path.at(-1) === 'object' && !('=' in (path.at(-1) as MutableMap)),
  )
  const path = lists[which % Math.max(1, lists.length)]
  if (!path) return toValue({ ...(value as object), extra: { [`k${kind % 3}`]: ['x', where] } })
  const listPath = path.slice(0, -1)
  const list = readPath(value, listPath, tree) as readonly Json[]
  const at = list.findIndex((item) => equal(item, readPath(value, path, tree)))
  const item = list[at] as MutableMap
  const [field] = Object.keys(path.at(-1) as object)
  const fresh = toValue({
    ...item,
    [field as string]: `${JSON.stringify(item[field as string]).replaceAll('"', '')}_${where % 7}`,
  })
  const isTaken = list.some((one) =>
    equal((one as MutableMap)[field as string], (fresh as MutableMap)[field as string]),
  )
  const next = [
    list.toSpliced(at, 1),
    isTaken ? list : list.toSpliced(where % (list.length + 1), 0, fresh),
    list.toSpliced(at, 1).toSpliced(where % list.length, 0, item),
  ][kind % 3] as Json
  return replaceAt(value, listPath, next)
}

function replaceAt(value: Json, path: Path, next: Json): Json {
  const [segment, ...rest] = path
  if (segment === undefined) return next
  if (typeof segment === 'string')
    return toValue({ ...(value as object), [segment]: replaceAt((value as MutableMap)[segment] as Json, rest, next) })
  return (value as readonly Json[]).map((item) =>
    Object.entries(segment).every(([name, one]) => equal((item as MutableMap)[name], one))
      ? replaceAt(item, rest, next)
      : item,
  )
}
