import { describe, expect, it } from 'vitest'
import {
  applyOverlay,
  extractOverlay,
  findFaults,
  formatPath,
  parsePath,
  type Path,
  threeWayMerge,
} from '../../../controller/core/merge/index.ts'
import { type Json, toValue } from '../../../controller/core/model/values.ts'

const schema = {
  properties: {
    list: { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['id'] },
    text: { 'x-merge-text': 'lines' },
  },
}
const listOf = (ids: readonly number[]): Json => toValue({ list: ids.map((id) => ({ id })) })
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at)
const within = (millis: number, run: () => void): void => {
  const start = performance.now()
  run()
  expect(performance.now() - start).toBeLessThan(millis)
}

describe('hostile input', () => {
  it('keys of Object.prototype are keys like others', () => {
    const [base, ours, theirs] = ['{}', '{"__proto__":{"a":1},"constructor":1}', '{"__proto__":{"b":2}}'].map(
      (text) => JSON.parse(text) as Json,
    )
    const result = threeWayMerge({ base, ours, theirs })
    expect(JSON.stringify(result.value)).toBe('{"__proto__":{"b":2,"a":1},"constructor":1}')
    expect(({} as Record<string, unknown>).a).toBeUndefined()
    const applied = applyOverlay({ base: ours, overlay: JSON.parse('{"__proto__":{"a":null,"c":3}}') as Json })
    expect(JSON.stringify(applied.kind === 'applied' && applied.value)).toBe('{"__proto__":{"c":3},"constructor":1}')
  })

  it('lists of 10,000 members take well under a second, whatever was moved', () => {
    const ids = upTo(10_000)
    const inserts = ids.flatMap((id) => (id % 3 === 0 ? [id, id + 100_000] : [id]))
    within(2000, () =>
      expect(
        threeWayMerge({ base: listOf(ids), ours: listOf(inserts), theirs: listOf([...ids.slice(1), 0]), schema }).kind,
      ).toBe('conflicted'),
    )
    within(2000, () =>
      expect(
        threeWayMerge({ base: listOf(ids), ours: listOf(ids.toReversed()), theirs: listOf(ids.slice(5)), schema }).kind,
      ).toBe('clean'),
    )
    within(2000, () =>
      threeWayMerge({
        base: listOf(ids),
        ours: listOf(ids.toReversed()),
        theirs: listOf(ids.map((id) => (id * 7919) % 10_000)),
        schema,
      }),
    )
    within(2000, () => {
      const overlay = extractOverlay({ base: listOf(ids), ours: listOf(ids.toReversed()), schema })
      expect(applyOverlay({ base: listOf(ids), overlay, schema })).toMatchObject({ kind: 'applied', notices: [] })
    })
  })

  it('10,000 disputed members are 10,000 conflicts and no more work than that', () => {
    const ids = upTo(10_000)
    const edited = toValue({ list: ids.map((id) => ({ id, x: 1 })) })
    const added = listOf(ids.map((id) => id + 20_000))
    within(4000, () => {
      const result = threeWayMerge({ base: listOf(ids), ours: edited, theirs: added, schema })
      expect(result.kind === 'conflicted' && result.conflicts.length).toBe(10_000)
    })
  })

  it('texts of repeated lines do not explode', () => {
    const lines = (count: number, last: string): string => `${'x\n'.repeat(count)}${last}\n`
    within(4000, () =>
      threeWayMerge({
        base: { text: lines(3000, 'a') },
        ours: { text: `o\n${lines(3001, 'a')}` },
        theirs: { text: lines(2999, 'b') },
        schema,
      }),
    )
    within(4000, () =>
      threeWayMerge({
        base: { text: lines(50_000, 'a') },
        ours: { text: lines(50_001, 'a') },
        theirs: { text: lines(50_000, 'b') },
        schema,
      }),
    )
  })

  it('64 levels merge at the deepest place', () => {
    const deep = (leaf: Json): Json => upTo(64).reduce<Json>((inner) => toValue({ a: inner, b: 1 }), leaf)
    const result = threeWayMerge({
      base: deep({ x: 1, y: 1 }),
      ours: deep({ x: 2, y: 1 }),
      theirs: deep({ x: 1, y: 2 }),
    })
    expect(result).toEqual({ kind: 'clean', value: deep({ x: 2, y: 2 }), notices: [] })
  })
})

describe('paths', () => {
  const paths: [Path, string][] = [
    [[], ''],
    [['spec', 'steps', { id: 'create-user' }, 'with', 'url'], '/spec/steps/[id=create-user]/with/url'],
    [['a/b', '~x', '[z', '', '~2'], '/a~1b/~0x/~2z//~02'],
    [['ports', { port: 80, protocol: 'TCP' }], '/ports/[port=80,protocol=TCP]'],
    [['tags', { '=': 'true' }], '/tags/[="true"]'],
    [['tags', { '=': true }], '/tags/[=true]'],
    [['tags', { '=': 'a b/c,]"~' }], '/tags/[="a b~1c,]\\"~0"]'],
    [['tags', { '=': '' }], '/tags/[=""]'],
  ]
  it.each(paths)('%j', (path, text) => {
    expect(formatPath(path)).toBe(text)
    expect(parsePath(text)).toEqual(path)
  })
  it.each(['spec', '/a/[id=x', '/a/[x]', '/a/[id="x]', '/a/[]'])('%s is no path', (text) =>
    expect(parsePath(text)).toBeUndefined(),
  )
})

describe('faults', () => {
  it('are told with code and path', () => {
    const typed = {
      properties: {
        ...schema.properties,
        tags: { 'x-kubernetes-list-type': 'set' },
        name: { type: 'string' },
        list: { ...schema.properties.list, type: 'array' },
      },
    }
    const value = toValue({ name: 7, tags: ['a', 'a'], list: [{ id: 1 }, { id: 1 }] })
    expect(findFaults({ value, schema: typed }).map(({ code, path }) => `${formatPath(path)} ${code}`)).toEqual([
      '/name wrong-type',
      '/tags duplicate-key',
      '/list duplicate-key',
    ])
    expect(findFaults({ value: toValue({ list: [{ x: 1 }] }), schema: typed })).toMatchObject([{ code: 'missing-key' }])
    expect(findFaults({ value: toValue({ list: {} }), schema: typed })).toMatchObject([
      { code: 'wrong-type', path: ['list'] },
    ])
    expect(findFaults({ value: toValue({ list: [{ id: 1 }], tags: [1, '1'] }), schema: typed })).toEqual([])
  })
})
