import { hash } from 'node:crypto'
import type { Digest, TenantContext } from '../model/effective.ts'
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
  const text = canonicalTextOf(context as unknown as Json, (part) =>
    part === bindings ? textOfPart(part) : canonicalText(part),
  )
  return hash('sha256', text)
}

/** Renderings share most of their steps: the text of each is made once. */
function textOfPart(part: Json): string {
  if (typeof part !== 'object') return JSON.stringify(part)
  if (!isMap(part)) return canonicalTextOf(part, textOfPart)
  let text = texts.get(part)
  if (text === undefined) {
    text = canonicalText(part)
    // Flattens it: the pieces it was put together from would be walked again in every text that holds it.
    text.charCodeAt(0)
    texts.set(part, text)
  }
  return text
}
