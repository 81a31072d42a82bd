import type { ActionBinding, Digest, TenantContext } from '../../core/model/effective.ts'
import type { Connector, Workflow } from '../../core/model/generated/kinds.ts'
import { type Json, type JsonMap, toValue } from '../../core/model/values.ts'
import { actionOf } from '../../core/model/step-action.ts'
import { everyStep } from '../../core/run/each-step.ts'
import type { RunRequested } from '../../core/run/events.ts'
import type { StoredObject } from '../../core/run/journal.ts'
import { Recent } from '../../core/model/recent.ts'

/** Everything that the runs of one workflow of one tenant are decided and performed with. */
export interface Pins {
  readonly workflow: Workflow['spec']
  readonly tenant: TenantContext
  readonly connectors: Readonly<Record<Digest, Connector['spec']>>
  readonly inputSchemas: Readonly<Record<Digest, JsonMap>>
  /** All of the above by digest. */
  readonly objects: ReadonlyMap<Digest, Json>
}

const kept = 2_000

/** Puts together what runs pin, from objects by digest. Those that were used last are kept. */
export class PinnedObjects {
  readonly #read: (digest: Digest) => Json | undefined
  readonly #pins = new Recent<string, Pins>(kept)

  constructor(read: (digest: Digest) => Json | undefined) {
    this.#read = read
  }

  /** Throws where an object is neither given nor stored: the run could not be performed. */
  of({ workflow, contextDigest }: RunRequested, given: readonly StoredObject[] = []): Pins {
    return this.#pins.of(`${workflow.digest}/${contextDigest}`, () => this.#make(workflow.digest, contextDigest, given))
  }

  #make(workflow: Digest, context: Digest, given: readonly StoredObject[]): Pins {
    const objects = new Map<Digest, Json>()
    const read = (what: string, digest: Digest): Json => {
      const json = given.find((object) => object.digest === digest)?.json
      const value = json === undefined ? this.#read(digest) : toValue(JSON.parse(json))
      if (value === undefined) throw new Error(`The ${what} ${digest} that the run pins is neither given nor stored.`)
      objects.set(digest, value)
      return value
    }
    const spec = read('workflow', workflow) as unknown as Workflow['spec']
    const tenant = read('tenant context', context) as unknown as TenantContext
    const connectors: Record<Digest, Connector['spec']> = Object.create(null)
    const inputSchemas: Record<Digest, JsonMap> = Object.create(null)
    for (const { connections, inputSchema } of bindingsOf(spec, tenant)) {
      for (const { connectorDigest } of connections)
        connectors[connectorDigest] ??= read('connector', connectorDigest) as unknown as Connector['spec']
      if (inputSchema !== undefined) inputSchemas[inputSchema] ??= read('input schema', inputSchema) as JsonMap
    }
    return { workflow: spec, tenant, connectors, inputSchemas, objects }
  }
}

/** Reads objects that are stored as text. Tenants share most of them, and so they share the values. */
export function valuesFrom(readText: (digest: Digest) => string | undefined): (digest: Digest) => Json | undefined {
  const values = new Recent<Digest, Json | undefined>(kept)
  return (digest) =>
    values.of(digest, () => {
      const text = readText(digest)
      return text === undefined ? undefined : toValue(JSON.parse(text))
    })
}

/** The bindings that the steps use. */
function bindingsOf(spec: Workflow['spec'], { bindings }: TenantContext): ActionBinding[] {
  return [...everyStep(spec)].flatMap(({ step }) => {
    const action = actionOf(step)
    const binding = action !== undefined && Object.hasOwn(bindings, action) ? bindings[action] : undefined
    return binding ? [binding] : []
  })
}
