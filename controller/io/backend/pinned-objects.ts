import type { ActionBinding, Digest, TenantContext } from '../../core/model/effective.ts'
import type { Connector, Workflow } from '../../core/model/generated/kinds.ts'
import { type JsonMap, toValue } from '../../core/model/values.ts'
import { eachStep } from '../../core/run/each-step.ts'
import type { RunRequested } from '../../core/run/events.ts'
import type { StoredObject } from '../../core/run/journal.ts'

/** Everything that the runs of one workflow of one tenant are decided and performed with, under one key. */
export interface Pins {
  readonly key: string
  readonly workflow: Workflow['spec']
  readonly tenant: TenantContext
  readonly connectors: Readonly<Record<Digest, Connector['spec']>>
  readonly inputSchemas: Readonly<Record<Digest, JsonMap>>
}

const kept = 2_000

/** Reads pinned objects by digest. Those that were used last are kept as values. */
export class PinnedObjects {
  readonly #read: (digest: Digest) => string | undefined
  readonly #pins = new Map<string, Pins>()

  constructor(read: (digest: Digest) => string | undefined) {
    this.#read = read
  }

  /** Throws where an object is neither given nor stored: the run could not be performed. */
  of({ workflow, contextDigest }: RunRequested, given: readonly StoredObject[] = []): Pins {
    const key = `${workflow.digest}/${contextDigest}`
    const known = this.#pins.get(key)
    if (known !== undefined) {
      this.#pins.delete(key)
      this.#pins.set(key, known)
      return known
    }
    const read = (what: string, digest: Digest): unknown => {
      const json = given.find((object) => object.digest === digest)?.json ?? this.#read(digest)
      if (json === undefined) throw new Error(`The ${what} ${digest} that the run pins is neither given nor stored.`)
      return toValue(JSON.parse(json))
    }
    const spec = read('workflow', workflow.digest) as Workflow['spec']
    const tenant = read('tenant context', contextDigest) as TenantContext
    const connectors: Record<Digest, Connector['spec']> = Object.create(null)
    for (const digest of connectorDigests(spec, tenant))
      connectors[digest] = read('connector', digest) as Connector['spec']
    const inputSchemas: Record<Digest, JsonMap> = Object.create(null)
    for (const { inputSchema } of bindingsOf(spec, tenant)) {
      if (inputSchema !== undefined) inputSchemas[inputSchema] = read('input schema', inputSchema) as JsonMap
    }
    const pins: Pins = { key, workflow: spec, tenant, connectors, inputSchemas }
    this.#pins.set(key, pins)
    if (this.#pins.size > kept) this.#pins.delete(this.#pins.keys().next().value ?? key)
    return pins
  }
}

function connectorDigests(spec: Workflow['spec'], tenant: TenantContext): Set<Digest> {
  return new Set(bindingsOf(spec, tenant).flatMap(({ connections }) => connections.map((each) => each.connectorDigest)))
}

/** The bindings that the steps use. */
function bindingsOf(spec: Workflow['spec'], { bindings }: TenantContext): ActionBinding[] {
  return [...eachStep(spec.steps)].flatMap(({ step: { action } }) => {
    const binding = action !== undefined && Object.hasOwn(bindings, action) ? bindings[action] : undefined
    return binding ? [binding] : []
  })
}
