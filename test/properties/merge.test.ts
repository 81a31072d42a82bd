import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import {
  applyOverlay,
  checkLocks,
  type Conflict,
  diffPaths,
  extractOverlay,
  formatPath,
  type Lock,
  type LockMode,
  type MergeResult,
  type Path,
  parsePath,
  readPath,
  resolveConflicts,
  threeWayMerge,
} from '../../controller/core/merge/index.ts'
import { equal, isList, isMap, type Json, toValue } from '../../controller/core/model/values.ts'
import { comparable } from '../core/merge/comparable.ts'
import { applyEdits, edits, base as anyBase, schema, triple } from './merge-triples.ts'

const numRuns = process.env.HEADWATER_LANE === 'soak' ? 20_000 : 500
const seed = Number(process.env.HEADWATER_SEED ?? Date.now() % 2_147_483_647)
console.log(`merge properties: seed ${seed}, ${numRuns} runs each (HEADWATER_SEED=${seed} repeats them)`)

const merge = (base: Json | undefined, ours: Json | undefined, theirs: Json | undefined): MergeResult =>
  threeWayMerge({ base, ours, theirs, schema })
const conflictsOf = (result: MergeResult): readonly Conflict[] => (result.kind === 'clean' ? [] : result.conflicts)
const named = (result: MergeResult): string[] =>
  conflictsOf(result)
    .map(({ path, type }) => `${formatPath(path)} ${type}`)
    .sort()
const unordered = (value: Json | undefined): unknown => comparable(value, schema, { ordered: false })
const leafWise = (value: Json | undefined): unknown => comparable(value, schema, { ordered: false, dropEmpty: true })
const isUnder = (path: Path, start: Path): boolean => start.every((segment, at) => equal(segment, path[at]))
const hold = <T>(input: fc.Arbitrary<T>, check: (value: T) => void): void =>
  fc.assert(fc.property(input, check), { numRuns, seed })

/** Everything that is one value, by path. */
function leavesOf(value: Json | undefined): Map<string, Json> {
  const { added } = diffPaths({ from: undefined, to: value, schema })
  const inner = new Set(added.map((path) => formatPath(path.slice(0, -1))))
  const leaves = added.filter((path) => !inner.has(formatPath(path)))
  return new Map(leaves.map((path) => [formatPath(path), readPath(value, path, schema) as Json]))
}

describe('three-way merge', () => {
  const rate = { total: 0, conflicted: 0, noticed: 0 }
  afterAll(() => {
    const share = (count: number): string => `${((100 * count) / rate.total).toFixed(1)} %`
    console.log(`generated triples: ${share(rate.conflicted)} conflicted, ${share(rate.noticed)} clean with a notice`)
  })

  it('identity: a side that changed nothing leaves the other, key order included', () =>
    hold(triple, ({ b, o, t }) => {
      expect(JSON.stringify(merge(b, o, toValue(b)).value)).toBe(JSON.stringify(o))
      expect(JSON.stringify(merge(b, toValue(b), t).value)).toBe(JSON.stringify(t))
    }))

  it('agreement: what both sides say is the result', () =>
    hold(triple, ({ b, o }) => {
      expect(merge(b, o, toValue(o))).toEqual({ kind: 'clean', value: o, notices: [] })
    }))

  it('symmetry: the same conflicts whoever is called ours, and the same result where nothing was said', () =>
    hold(triple, ({ b, o, t }) => {
      const result = merge(b, o, t)
      const mirrored = merge(b, t, o)
      rate.total++
      if (result.kind === 'conflicted') rate.conflicted++
      else if (result.notices.length > 0) rate.noticed++
      expect(named(result)).toEqual(named(mirrored))
      if (result.kind === 'conflicted') return
      expect(unordered(result.value)).toEqual(unordered(mirrored.value))
      if (result.notices.length === 0) expect(comparableOrder(result.value)).toEqual(comparableOrder(mirrored.value))
    }))

  it('no silent loss: every edit of either side is in the result or under a conflict', () =>
    hold(triple, ({ b, o, t }) => {
      const result = merge(b, o, t)
      const texts = result.notices.filter(({ code }) => code === 'text-merged').map(({ path }) => formatPath(path))
      const excused = (path: string): boolean =>
        texts.includes(path) || conflictsOf(result).some((conflict) => isUnder(parsePath(path) as Path, conflict.path))
      const theirs = resolveConflicts({ base: b, ours: o, theirs: t, schema }, () => 'theirs')
      expect(theirs.kind).toBe('clean')
      const sides = [
        [o, result.value, excused],
        [t, theirs.value, (path: string): boolean => texts.includes(path)],
        [t, result.value, excused],
      ] as const
      for (const [side, merged, isExcused] of sides)
        expect(lostEdits(b, side, merged).filter((path) => !isExcused(path))).toEqual([])
    }))

  it('no invention: every leaf of the result comes from ours or theirs', () =>
    hold(triple, ({ b, o, t }) => {
      const result = merge(b, o, t)
      const texts = result.notices.filter(({ code }) => code === 'text-merged').map(({ path }) => formatPath(path))
      const [ours, theirs] = [leavesOf(o), leavesOf(t)]
      for (const [path, value] of leavesOf(result.value)) {
        if (!texts.includes(path) && !isEmpty(value))
          expect(equal(value, ours.get(path)) || equal(value, theirs.get(path)), path).toBe(true)
      }
    }))

  it('absorption and stability: merging again changes nothing', () =>
    hold(triple, ({ b, o, t }) => {
      const result = merge(b, o, t)
      if (result.kind !== 'clean') return
      expect(merge(b, result.value, t)).toMatchObject({ kind: 'clean', value: result.value })
      expect(merge(t, result.value, t)).toMatchObject({ kind: 'clean', value: result.value })
    }))

  it('order: no pair of steps contradicts the side that alone moved it', () =>
    hold(triple, ({ b, o, t }) => {
      const result = merge(b, o, t)
      if (result.kind !== 'clean') return
      const [old, ours, theirs, merged] = [b, o, t, result.value].map(stepIds) as [
        string[],
        string[],
        string[],
        string[],
      ]
      const before = (list: string[], x: string, y: string): boolean | undefined =>
        list.includes(x) && list.includes(y) ? list.indexOf(x) < list.indexOf(y) : undefined
      for (const x of merged)
        for (const y of merged) {
          if (x === y) continue
          const [was, mine, their] = [before(old, x, y), before(ours, x, y), before(theirs, x, y)]
          const wanted = mine === undefined || mine === their || mine === was ? their : mine
          if ((wanted ?? mine) !== undefined) expect(before(merged, x, y), `${x} ${y}`).toBe(wanted ?? mine)
        }
    }))

  it('purity: inputs stay, unchanged subtrees are shared, the same call gives the same', () =>
    hold(triple, ({ b, o, t }) => {
      const before = JSON.stringify([b, o, t])
      const result = merge(b, o, t)
      expect(JSON.stringify([b, o, t])).toBe(before)
      expect(JSON.stringify(merge(b, o, t))).toBe(JSON.stringify(result))
      if (!isMap(result.value) || !isMap(b) || !isMap(o) || !isMap(t)) return
      for (const key of Object.keys(result.value)) {
        const [old, ours, theirs] = [b[key], o[key], t[key]]
        if (equal(old, ours) || equal(old, theirs)) expect([ours, theirs], key).toContain(result.value[key])
      }
    }))

  it('resolving everything with ours gives the provisional result', () =>
    hold(triple, ({ b, o, t }) => {
      const result = merge(b, o, t)
      const resolved = resolveConflicts({ base: b, ours: o, theirs: t, schema }, () => 'ours')
      expect(resolved).toMatchObject({ kind: 'clean', value: result.value })
    }))

  const three = fc
    .tuple(anyBase, edits, edits, edits)
    .map(([b, ...scripts]) => ({ b, sides: scripts.map((one) => applyEdits(b, one)) }))

  it('independent overlays: pairwise clean is clean together, and leaf-wise in any grouping', () =>
    hold(three, ({ b, sides }) => {
      const [x, y, z] = sides as [Json, Json, Json]
      const [xy, yz, xz] = [merge(b, x, y), merge(b, y, z), merge(b, x, z)]
      const quiet = [xy, yz, xz].every(
        ({ kind, notices }) => kind === 'clean' && !notices.some(({ code }) => code === 'text-merged'),
      )
      if (!quiet) return
      const left = merge(b, xy.value, z)
      const right = merge(b, x, yz.value)
      expect(named(left)).toEqual([])
      expect(named(right)).toEqual([])
      expect(leafWise(left.value)).toEqual(leafWise(right.value))
    }))

  it('which emptied map stays depends on the grouping: an empty one that a side says stays, and what another emptied goes', () => {
    const b = toValue({ labels: { k: '1', l: '2' } })
    const [gone, withoutK, withoutL] = [toValue({}), toValue({ labels: { l: '2' } }), toValue({ labels: { k: '1' } })]
    const grouped = (x: Json, y: Json, z: Json) => merge(b, merge(b, x, y).value, z).value
    expect(grouped(gone, withoutK, withoutL)).toEqual({})
    expect(grouped(withoutK, withoutL, gone)).toEqual({ labels: {} })
  })

  it('convergence: a chain that accepts theirs everywhere leaves levels without edits equal to their parent', () =>
    hold(fc.tuple(triple, edits), ([{ b, o, t }, deeper]) => {
      const levels = [o, o, applyEdits(o, deeper)]
      let [oldParent, newParent]: [Json | undefined, Json | undefined] = [b, t]
      for (const level of [b, ...levels]) {
        const updated = resolveConflicts({ base: oldParent, ours: level, theirs: newParent, schema }, () => 'theirs')
        expect(updated.kind).toBe('clean')
        if (equal(level, oldParent)) expect(updated.value).toEqual(newParent)
        ;[oldParent, newParent] = [level, updated.value]
      }
    }))

  it('locks: no locked path of a result differs from the locker', () => {
    const modes: LockMode[] = ['value', 'delete', 'order', 'insert', 'subtree']
    const lockPaths: Path[] = [
      ['steps'],
      ['labels'],
      ['steps', { id: 'a' }],
      ['steps', { id: 'b' }, 'with'],
      ['name'],
      ['retry'],
      ['tags'],
    ]
    const anyLock: fc.Arbitrary<Lock> = fc.record({
      path: fc.constantFrom(...lockPaths),
      mode: fc.constantFrom(...modes),
      lockedBy: fc.constant('msp'),
    })
    hold(fc.tuple(triple, fc.array(anyLock, { minLength: 1, maxLength: 3 })), ([{ b, o, t }, locks]) => {
      const input = { base: b, ours: o, theirs: t, schema }
      const result = threeWayMerge(input, { locks })
      if (result.kind === 'clean') expect(checkLocks({ from: t, to: result.value, schema, locks })).toEqual([])
      const accepted = resolveConflicts(input, ({ type }) => (type === 'locked' ? 'theirs' : 'ours'), { locks })
      expect(checkLocks({ from: t, to: accepted.value, schema, locks })).toEqual([])
    })
  })
})

describe('overlay', () => {
  it('round trip: the extracted overlay turns base into ours, order included', () =>
    hold(triple, ({ b, o }) => {
      const overlay = extractOverlay({ base: b, ours: o, schema })
      const applied = applyOverlay({ base: b, overlay, schema })
      expect(applied).toMatchObject({ kind: 'applied', notices: [] })
      if (applied.kind === 'applied') expect(equal(applied.value, o), JSON.stringify(overlay)).toBe(true)
    }))
})

/** Leaves that the side added or changed and the merged document has otherwise, or removed and it still has. */
function lostEdits(base: Json, side: Json, merged: Json | undefined): string[] {
  const [old, now, result] = [leavesOf(base), leavesOf(side), leavesOf(merged)]
  const lost: string[] = []
  for (const [path, value] of now) {
    const found = readPath(merged, parsePath(path) as Path, schema)
    if (!equal(value, old.get(path)) && !(isEmpty(value) ? found !== undefined : equal(value, found))) lost.push(path)
  }
  for (const path of old.keys()) {
    if (readPath(side, parsePath(path) as Path, schema) === undefined && result.has(path)) lost.push(path)
  }
  return lost
}

/** An emptied container stays where both sides keep it, whoever took what out. */
function isEmpty(value: Json): boolean {
  return (isMap(value) || isList(value)) && Object.keys(value).length === 0
}

function stepIds(value: Json | undefined): string[] {
  const steps = isMap(value) ? value.steps : undefined
  return isList(steps) ? steps.map((item) => String((item as { id: Json }).id)) : []
}

/** Sets have no order; everything else has. */
function comparableOrder(value: Json | undefined): unknown {
  return comparable(value, schema, { ordered: true })
}
