import { hash } from 'node:crypto'
import type { Digest, TenantContext } from '../model/effective.ts'
import { canonicalText, isList, isMap, type Json, type JsonList, quotedKey, sortedKeys } from '../model/values.ts'

const digests = new WeakMap<object, Digest>()

/** SHA-256 of the canonical text; remembered by object identity, so a shared object is hashed once. */
export function digestOf(value: object): Digest {
  let digest = digests.get(value)
  if (digest === undefined) {
    digest = hashOf(value as Json, partOf)
    digests.set(value, digest)
  }
  return digest
}

interface WorkflowEntry {
  readonly digest: Digest
  readonly owner: string
  readonly release: string
}
const entries = new WeakMap<WorkflowEntry, string>()

/** The same for a tenant: of `{ context, workflows: { NAME: { digest, owner, release } } }`, where names are sorted. Tenants share most entries. */
export function tenantDigestOf(context: Digest, workflows: ReadonlyMap<string, WorkflowEntry>): Digest {
  let texts = ''
  for (const [name, workflow] of workflows) {
    let text = entries.get(workflow)
    if (text === undefined) {
      const { digest, owner, release } = workflow
      text = `${JSON.stringify(name)}:${canonicalText({ digest, owner, release })}`
      entries.set(workflow, text)
    }
    texts += texts === '' ? text : `,${text}`
  }
  return hash('sha256', `{"context":"${context}","workflows":{${texts}}}`)
}

/** The same for a context: its bindings are those of many tenants, and the rest is its own. */
export function contextDigestOf(context: TenantContext): Digest {
  const bindings = context.bindings as unknown as Json
  return hashOf(context as unknown as Json, (part) => (part === bindings ? partOf(part) : canonicalText(part)))
}

/** As text, or as its bytes. */
type Part = string | Uint8Array

/**
 * Texts are put together as bytes, in one place for all. As one string they would be walked piece by piece and copied, for
 * every object that holds them: that took half the time of all digests.
 */
const composed = {
  bytes: Buffer.allocUnsafeSlow(1 << 16),
  length: 0,
  add(part: Part): void {
    const most = typeof part === 'string' ? part.length * 3 : part.length
    if (this.length + most > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (this.length + most))
      larger.set(this.bytes)
      this.bytes = larger
    }
    if (typeof part === 'string') this.length += this.bytes.write(part, this.length)
    else {
      this.bytes.set(part, this.length)
      this.length += part.length
    }
  },
  digest(): Digest {
    const digest = hash('sha256', this.bytes.subarray(0, this.length))
    this.length = 0
    return digest
  },
}

function hashOf(value: Json, partOfValue: (part: Json) => Part): Digest {
  // Short texts are gathered: each call costs as much as a hundred characters.
  let text = ''
  const add = (part: Part): void => {
    if (typeof part === 'string') {
      text += part
      return
    }
    composed.add(text)
    composed.add(part)
    text = ''
  }
  const addItems = (list: JsonList): void => {
    let before = '['
    for (const item of list) {
      text += before
      add(partOfValue(item))
      before = ','
    }
    text += before === '[' ? '[]' : ']'
  }
  if (isList(value)) addItems(value)
  else if (!isMap(value)) text = canonicalText(value)
  else {
    let before = '{'
    for (const key of sortedKeys(value)) {
      const part = value[key] as Json
      text += `${before}${quotedKey(key)}:`
      if (isList(part)) addItems(part)
      else add(partOfValue(part))
      before = ','
    }
    text += before === '{' ? '{}' : '}'
  }
  composed.add(text)
  return composed.digest()
}

const parts = new WeakMap<object, Uint8Array>()

/** Renderings share most of their steps: the text of each is made once. */
function partOf(part: Json): Part {
  if (!isMap(part)) return canonicalText(part)
  let text = parts.get(part)
  if (text === undefined) {
    text = Buffer.from(canonicalText(part))
    parts.set(part, text)
  }
  return text
}
