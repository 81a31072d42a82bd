import {
  type CelInput,
  type CelMap,
  type CelValue,
  celMap,
  isCelList,
  isCelMap,
  isCelType,
  isCelUint,
} from '@bufbuild/cel'
import { get, isList, isMap, type Json, type JsonMap, newMap } from '../model/values.ts'

/** Values of one result; a result that shares its parts could otherwise grow without bound when it is written out. */
const resultValues = 250_000
const resultDepth = 100

/** JSON as CEL sees it: integral numbers are ints, maps are converted when they are read. */
export function toCel(value: Json): CelInput {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (isList(value)) return value.map(toCel)
  if (isMap(value)) return toCelMap(value)
  return value
}

function toCelMap(map: JsonMap): CelMap {
  return celMap(new MapView(map))
}

/** Own keys of a JSON map, and nothing that it inherits. */
class MapView implements ReadonlyMap<string, CelInput> {
  readonly #map: JsonMap

  constructor(map: JsonMap) {
    this.#map = map
  }

  get size(): number {
    return Object.keys(this.#map).length
  }

  get(key: unknown): CelInput | undefined {
    const value = typeof key === 'string' ? get(this.#map, key) : undefined
    return value === undefined ? undefined : toCel(value)
  }

  has(key: unknown): boolean {
    return this.get(key) !== undefined
  }

  forEach(visit: (value: CelInput, key: string, map: ReadonlyMap<string, CelInput>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this)
  }

  *entries(): MapIterator<[string, CelInput]> {
    for (const key of this.keys()) yield [key, this.get(key) as CelInput]
  }

  keys(): MapIterator<string> {
    return Object.keys(this.#map).values()
  }

  *values(): MapIterator<CelInput> {
    for (const [, value] of this.entries()) yield value
  }

  [Symbol.iterator](): MapIterator<[string, CelInput]> {
    return this.entries()
  }
}

/** A result that JSON cannot hold; caught where the expression was evaluated. */
export class NotJson extends Error {}

/** A CEL result as JSON. Timestamps and durations become the text that `string()` gives, bytes become base64. */
export function fromCel(value: CelValue, textOf: (value: CelValue) => string): Json {
  let left = resultValues
  const convert = (item: CelValue, depth: number): Json => {
    if (--left < 0) throw new NotJson(`the result has more than ${resultValues} values`)
    if (depth > resultDepth) throw new NotJson(`the result is nested deeper than ${resultDepth} levels`)
    if (item === null || typeof item === 'boolean' || typeof item === 'string') return item
    if (typeof item === 'bigint') return toNumber(item)
    if (typeof item === 'number') return toFinite(item)
    if (isCelUint(item)) return toNumber(item.value)
    if (item instanceof Uint8Array) return Buffer.from(item).toString('base64')
    if (isCelList(item)) return Array.from(item, (part) => convert(part, depth + 1))
    if (isCelMap(item)) {
      const map = newMap()
      for (const [key, part] of item) map[toKey(key)] = convert(part, depth + 1)
      return map
    }
    if (isCelType(item)) return item.name
    return textOf(item)
  }
  return convert(value, 0)
}

function toKey(key: unknown): string {
  if (isCelUint(key)) return String(key.value)
  return String(key)
}

function toNumber(value: bigint): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number))
    throw new NotJson(`the number ${value} cannot be held exactly: make it a string with string()`)
  return number
}

function toFinite(value: number): number {
  if (!Number.isFinite(value)) throw new NotJson(`the result is ${value}, which is no number that can be stored`)
  return value
}
