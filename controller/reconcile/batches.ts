import { type Change, type DesiredState, inseparable, type ObservedTenant, toObserved } from '../core/desired/index.ts'
import { canonicalText, type Json } from '../core/model/values.ts'
import type { Store } from '../io/store/open-store.ts'

type Application = Parameters<Store['applyObserved']>[0]

/** A part of a plan that is applied in one transaction. */
export interface Batch extends Pick<Application, 'upserts' | 'removals' | 'objects'> {
  /** How many changes of the plan it holds. */
  readonly changes: number
  readonly isLast: boolean
}

export interface BatchContext {
  readonly desired: DesiredState
  readonly observed: ReadonlyMap<string, ObservedTenant>
  readonly store: Pick<Store, 'hasObject'>
}

/** A batch is full with so many tenants, or with so much text: it takes the store a few milliseconds, and others wait. */
const full = { tenants: 100, characters: 256 * 1024 }

/** The changes of a plan as batches, made one after the other: texts of a whole fleet are never there at once. */
export function* batchesOf(changes: readonly Change[], context: BatchContext): Generator<Batch> {
  const { desired, observed, store } = context
  const stored = new Set<string>()
  let batch = newBatch()
  const keep = (digest: string, value: object): void => {
    if (stored.has(digest)) return
    stored.add(digest)
    if (store.hasObject(digest)) return
    const json = canonicalText(value as Json)
    batch.objects.push({ digest, json })
    batch.characters += json.length
  }
  const add = (change: Change): void => {
    batch.changes++
    if (change.kind === 'remove') {
      batch.removals.push(change.path)
      return
    }
    if (change.kind === 'move') batch.removals.push(change.from as string)
    const { tenant } = change
    batch.upserts.push({ ...toObserved(tenant), state: tenant.context.suspended ? 'suspended' : 'applied', reason: '' })
    for (const workflow of tenant.workflows.values()) keep(workflow.digest, workflow.spec)
    // What was applied refers to its context, so that one is stored with all it names.
    if (observed.get(tenant.path)?.contextDigest === tenant.contextDigest) return
    keep(tenant.contextDigest, tenant.context)
    for (const { connections, inputSchema } of Object.values(tenant.context.bindings)) {
      if (inputSchema !== undefined) keep(inputSchema, desired.inputSchemas.get(inputSchema) as object)
      for (const { connectorDigest } of connections)
        keep(connectorDigest, desired.connectors.get(connectorDigest) as object)
    }
  }
  for (const group of inseparable(changes)) {
    if (batch.changes >= full.tenants || batch.characters >= full.characters) {
      yield { ...batch, isLast: false }
      batch = newBatch()
    }
    for (const change of group) add(change)
  }
  if (batch.changes > 0) yield { ...batch, isLast: true }
}

function newBatch() {
  return {
    upserts: [] as Application['upserts'][number][],
    removals: [] as string[],
    objects: [] as Application['objects'][number][],
    changes: 0,
    characters: 0,
  }
}
