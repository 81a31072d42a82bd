import fc from 'fast-check'
import type { MergeSchema } from '../../controller/core/merge/index.ts'
import { isList, isMap, type Json, type MutableMap, toValue } from '../../controller/core/model/values.ts'

/** One of each kind of container. Nested steps have the schema of steps, so the schema is a cycle. */
export const schema = ((): MergeSchema => {
  const steps: Record<string, unknown> = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['id'],
  }
  steps.items = {
    type: 'object',
    required: ['id'],
    properties: {
      id: { type: 'string' },
      uses: { type: 'string' },
      with: { type: 'object', additionalProperties: {} },
      needs: { type: 'array', 'x-kubernetes-list-type': 'set' },
      script: { type: 'string', 'x-merge-text': 'lines' },
      steps,
    },
  }
  const properties = {
    name: { type: 'string' },
    labels: { type: 'object', additionalProperties: {} },
    retry: { type: 'object', required: ['limit'], properties: { limit: {}, backoff: { default: 'fixed' } } },
    tags: { type: 'array', 'x-kubernetes-list-type': 'set' },
    args: { type: 'array' },
    target: { type: 'object', 'x-kubernetes-map-type': 'atomic' },
    steps,
  }
  return { type: 'object', properties }
})()

const stepIds = ['a', 'b', 'c', 'd', 'e', 'f']
const keys = ['k1', 'k2', 'k3', 'k4', 'k5', '__proto__', 'constructor', '$delete', 'a/b']
const script = ['one', 'two', 'three', 'four', 'five', 'six', 'seven']

function step(id: string): MutableMap {
  return {
    id,
    uses: `x/${id}`,
    with: { url: `https://${id}`, size: 1 },
    needs: ['a'],
    script: `${script.join('\n')}\n`,
  }
}

export const base: fc.Arbitrary<Json> = fc
  .record({
    labels: fc.uniqueArray(fc.constantFrom(...keys), { maxLength: 4 }),
    steps: fc.shuffledSubarray(stepIds, { minLength: 3 }),
    nested: fc.boolean(),
    retry: fc.boolean(),
    tags: fc.subarray(['red', 'green', 'blue']),
  })
  .map(({ labels, steps, nested, retry, tags }) =>
    toValue({
      name: 'base',
      labels: Object.fromEntries(labels.map((key) => [key, 'v0'])),
      ...(retry && { retry: { limit: 3 } }),
      tags,
      args: [1, 2],
      target: { x: 1, y: 2 },
      steps: steps.map((id, at) =>
        nested && at === 0 ? { ...step(id), steps: [step('n1'), step('n2'), step('n3')] } : step(id),
      ),
    }),
  )

/** One edit: which one, where, and with which value. The pools are small, so both sides sometimes do the same. */
export type Edit = readonly [kind: number, place: number, value: number]
const edit: fc.Arbitrary<Edit> = fc.tuple(fc.nat(19), fc.nat(99), fc.nat(99))
export const edits: fc.Arbitrary<readonly Edit[]> = fc.array(edit, { maxLength: 5 })

export function applyEdits(value: Json, script: readonly Edit[]): Json {
  const copy = structuredCloneOf(value) as MutableMap
  for (const one of script) applyEdit(copy, one)
  return toValue(copy)
}

function structuredCloneOf(value: Json): Json {
  if (isList(value)) return value.map(structuredCloneOf)
  if (!isMap(value)) return value
  return toValue(value)
}

function applyEdit(root: MutableMap, [kind, place, value]: Edit): void {
  const lists = [
    root.steps,
    ...(isList(root.steps) ? root.steps.map((item) => (isMap(item) ? item.steps : undefined)) : []),
  ]
  const list = lists.filter(isList)[place % 7 === 0 ? 1 : 0] as Json[] | undefined
  const at = list && list.length > 0 ? place % list.length : 0
  const item = list?.[at] as MutableMap | undefined
  const fresh = `v${value % 4}`
  switch (kind) {
    case 0:
      root.name = fresh
      return
    case 1:
    case 2: {
      if (!isMap(root.labels)) return
      const key = keys[place % keys.length] as string
      const labels: MutableMap = root.labels
      if (value % 3 === 0) delete labels[key]
      else
        Object.defineProperty(root.labels, key, { value: fresh, writable: true, enumerable: true, configurable: true })
      return
    }
    case 3: {
      const flips: Json[] = ['flipped', { k1: fresh, k9: { deep: value } }, [fresh]]
      if (value % 4 === 3) delete root.labels
      else root.labels = flips[value % 3] as Json
      return
    }
    case 4:
      if (value % 3 === 0) delete root.retry
      else root.retry = { limit: value % 3, ...(place % 2 === 0 && { backoff: place % 4 === 0 ? 'fixed' : fresh }) }
      return
    case 5:
    case 6: {
      const tags = isList(root.tags) ? [...root.tags] : []
      const tag = ['red', 'green', 'blue', 'black', 'white', 7][place % 6] as Json
      root.tags = tags.includes(tag)
        ? tags.filter((other) => other !== tag)
        : tags.toSpliced(value % (tags.length + 1), 0, tag)
      return
    }
    case 7:
      root.args = [1, value % 3]
      return
    case 8:
      root.target = { x: value % 3, y: 2 }
      return
    case 9:
    case 10:
    case 11:
      if (item) item.with = { ...(item.with as object), [`p${place % 5}`]: fresh } as Json
      return
    case 12:
      if (item) item.uses = fresh
      return
    case 13: {
      const lines = String(item?.script ?? '').split('\n')
      if (item) item.script = lines.with(place % Math.max(lines.length - 1, 1), fresh).join('\n')
      return
    }
    case 14:
      if (item)
        item.needs = [...((item.needs as Json[] | undefined) ?? []), fresh].filter(
          (one, i, all) => all.indexOf(one) === i,
        )
      return
    case 15:
    case 16: {
      const id = `new${value % 12}`
      if (list && !list.some((other) => isMap(other) && other.id === id)) list.splice(at, 0, step(id))
      return
    }
    case 17:
      if (list && list.length > 1) list.splice(at, 1)
      return
    case 18:
      if (list && list.length > 1) list.splice(value % list.length, 0, ...list.splice(at, 1))
      return
    default:
      if (item && value % 4 === 0) delete item.with
      else if (item && value % 4 === 1) item.steps = [step('n1'), step(`n${value % 9}x`)]
      else if (item && value % 4 === 2) delete item.needs
      else if (value % 20 === 3) delete root.steps
  }
}

/** Base and two documents edited from it. */
export const triple = fc.record({ b: base, ourEdits: edits, theirEdits: edits }).map(({ b, ourEdits, theirEdits }) => ({
  b,
  o: applyEdits(b, ourEdits),
  t: applyEdits(b, theirEdits),
}))
