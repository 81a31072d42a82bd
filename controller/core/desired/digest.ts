import { hash } from 'node:crypto'
import type { Digest } from '../model/effective.ts'
import { canonicalText, type Json } from '../model/values.ts'

const known = new WeakMap<object, Digest>()

/** SHA-256 of the canonical text; remembered by object identity, so a shared object is hashed once. */
export function digestOf(value: object): Digest {
  let digest = known.get(value)
  if (digest === undefined) {
    digest = hash('sha256', canonicalText(value as Json))
    known.set(value, digest)
  }
  return digest
}
