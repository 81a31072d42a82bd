import { hash } from 'node:crypto'
import type { Digest } from '../model/effective.ts'
import { canonicalText, canonicalTextOf, isMap, type Json } from '../model/values.ts'

const digests = new WeakMap<object, Digest>()
const texts = new WeakMap<object, string>()

/** SHA-256 of the canonical text; remembered by object identity, so a shared object is hashed once. */
export function digestOf(value: object): Digest {
  let digest = digests.get(value)
  if (digest === undefined) {
    digest = hash('sha256', canonicalTextOf(value as Json, textOfPart))
    digests.set(value, digest)
  }
  return digest
}

/** Renderings share most of their steps, and contexts their bindings: the text of each is made once. */
function textOfPart(part: Json): string {
  if (!isMap(part)) return canonicalTextOf(part, textOfPart)
  let text = texts.get(part)
  if (text === undefined) {
    text = canonicalText(part)
    texts.set(part, text)
  }
  return text
}
