import { Recent } from '../model/recent.ts'
import { quotedKey } from '../model/values.ts'

/** What is known of a value before it is there: which kinds it may be of, and what stands within. */
export interface Type {
  /** One bit for each kind that is possible; none where every evaluation fails. */
  readonly kinds: number
  /** Of a list; absent where nothing is known. */
  readonly items?: Type
  /** Of a map, those that are known, whether they are there or not. */
  readonly fields?: Readonly<Record<string, Type>>
  /** Of a map, all others; absent where nothing is known, `never` where there are none. */
  readonly others?: Type
}

const names = [
  'null',
  'bool',
  'int',
  'uint',
  'double',
  'string',
  'bytes',
  'list',
  'map',
  'timestamp',
  'duration',
  'type',
] as const

export type Kind = (typeof names)[number]

export function kindsOf(...kinds: readonly Kind[]): number {
  return kinds.reduce((bits, kind) => bits | (1 << names.indexOf(kind)), 0)
}

const all = (1 << names.length) - 1
const [list, map] = [kindsOf('list'), kindsOf('map')]

const plain = new Map<number, Type>()
const typesKept = 10_000
const compound = new Recent<string, Type>(typesKept)
const numbers = new WeakMap<Type, number>()
let numbered = 0

/** Types that say the same are one object as a rule, so that who keeps one can tell that nothing changed. */
export function interned(type: Type): Type {
  const { items, fields, others } = type
  if (!items && !fields && !others) return ofKinds(type.kinds)
  let key = `${type.kinds},${items ? numberOf(items) : ''},${others ? numberOf(others) : ''}`
  for (const name in fields) key += `,${quotedKey(name)}${numberOf(fields[name] as Type)}`
  return compound.of(fields ? `${key},` : key, () => type)
}

function numberOf(type: Type): number {
  let number = numbers.get(type)
  if (number === undefined) numbers.set(type, (number = numbered++))
  return number
}

/** Of which nothing more is known. */
export function ofKinds(kinds: number): Type {
  let type = plain.get(kinds)
  if (!type) plain.set(kinds, (type = { kinds }))
  return type
}

export const any: Type = ofKinds(all)
export const never: Type = ofKinds(0)

export function typeOf(...kinds: readonly Kind[]): Type {
  return ofKinds(kindsOf(...kinds))
}

export function mapWith(fields: Readonly<Record<string, Type>>, others?: Type): Type {
  return interned({ kinds: map, fields, ...(others && { others }) })
}

export function listOf(items: Type): Type {
  return interned({ kinds: list, items })
}

/** Whether a value of this type may be of one of these kinds. */
export function mayBe({ kinds }: Type, wanted: number): boolean {
  return (kinds & wanted) !== 0
}

/** What an item of a list is. */
export function itemOf({ kinds, items = any }: Type): Type {
  return (kinds & list) === 0 ? never : items
}

/** What a field of a map is; `never` where there is none. */
export function fieldOf({ kinds, fields, others = any }: Type, name: string): Type {
  if ((kinds & map) === 0) return never
  return (fields && Object.hasOwn(fields, name) ? fields[name] : undefined) ?? others
}

/** What is true of both: of a value that is of the one type or of the other. */
export function either(a: Type, b: Type): Type {
  if (a === b || b.kinds === 0) return a
  if (a.kinds === 0) return b
  if (a === any || b === any) return any
  const kinds = a.kinds | b.kinds
  const items = (a.items ?? b.items) && either(itemOf(a), itemOf(b))
  if (!a.fields && !b.fields && !a.others && !b.others) return interned({ kinds, ...(items && { items }) })
  const fields: Record<string, Type> = Object.create(null)
  for (const name of Object.keys({ ...a.fields, ...b.fields }))
    fields[name] = either(fieldOf(a, name), fieldOf(b, name))
  return interned({ kinds, ...(items && { items }), fields, others: either(othersOf(a), othersOf(b)) })
}

function othersOf({ kinds, others = any }: Type): Type {
  return (kinds & map) === 0 ? never : others
}

const texts = kindsOf('bytes', 'timestamp', 'duration', 'type')
const [int, uint, double, string] = [kindsOf('int'), kindsOf('uint'), kindsOf('double'), kindsOf('string')]

/** The kinds of values after they were kept as JSON, which has fewer of them: a whole double comes back as an int. */
export function storedKinds(kinds: number): number {
  const others = kinds & ~texts & ~uint
  return others | ((kinds & (uint | double)) === 0 ? 0 : int) | ((kinds & texts) === 0 ? 0 : string)
}

/** The type of a value after it was kept as JSON. */
export function stored({ kinds, items, fields, others }: Type): Type {
  const left = storedKinds(kinds)
  return interned({
    kinds: left,
    ...(items && { items: stored(items) }),
    ...(fields && { fields: mapped(fields, stored) }),
    ...(others && { others: stored(others) }),
  })
}

export function mapped<Value>(
  map: Readonly<Record<string, Value>>,
  change: (value: Value) => Type,
): Record<string, Type> {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value)]))
}

export function namesOf(kinds: number): Kind[] {
  return names.filter((_, place) => (kinds & (1 << place)) !== 0)
}

/** `int`, `string or null`, and `dyn` of what may be anything. */
export function inWords({ kinds }: Type): string {
  return kinds === all ? 'dyn' : namesOf(kinds).join(' or ')
}
