import type { FieldTypes } from './infer-type.ts'
import { any, type Type } from './value-type.ts'

/** The names that an expression reads; the first two count, such as those of `inputs.host`. */
export type Read = readonly string[]

interface Entry<Found> {
  readonly about: unknown
  readonly reads: readonly Read[]
  readonly types: readonly Type[]
  readonly found: Found
}

const none: readonly never[] = []

/**
 * What was found of an object with the types of what it reads. It is looked at again only where one of them is another
 * than last time, or `about` is: all else that it was found with.
 */
export class FoundByTypes<Key extends object, Found> {
  readonly #memory = new WeakMap<Key, Entry<Found>>()

  of(key: Key, about: unknown, readsOf: (key: Key) => readonly Read[], fields: FieldTypes, find: () => Found): Found {
    const known = this.#memory.get(key)
    if (known !== undefined && known.about === about && isSame(known, fields)) return known.found
    const reads = readsOf(key)
    const types = reads.length === 0 ? none : reads.map((read) => typeRead(read, fields))
    const found = find()
    this.#memory.set(key, { about, reads, types, found })
    return found
  }
}

function isSame({ reads, types }: Entry<unknown>, fields: FieldTypes): boolean {
  for (let place = 0; place < types.length; place++)
    if (typeRead(reads[place] as Read, fields) !== types[place]) return false
  return true
}

function typeRead([variable, field]: Read, fields: FieldTypes): Type {
  return variable === undefined || field === undefined ? any : fields(variable, field)
}
