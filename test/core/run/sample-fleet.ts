import { createHash } from 'node:crypto'
import { parse } from 'yaml'
import type { EffectiveWorkflow, TenantContext } from '../../../controller/core/model/effective.ts'
import type { Connector, Workflow } from '../../../controller/core/model/generated/kinds.ts'
import { canonicalText, type JsonMap, toValue } from '../../../controller/core/model/values.ts'
import type { RunRequested } from '../../../controller/core/run/events.ts'
import type { StoredObject } from '../../../controller/core/run/journal.ts'
import { requestRun } from '../../../controller/core/run/request-run.ts'
import type { StartRequest } from '../../../controller/io/backend/backend.ts'

function objectOf(value: unknown): StoredObject {
  const json = canonicalText(toValue(value))
  return { digest: createHash('sha256').update(json).digest('hex'), json }
}

function connectorOf(idempotent: boolean): Connector['spec'] {
  const actions = ['act', 'act_once'].map((action) => ({ action, idempotent, requests: [], output: {} }))
  return { vendor: 'Test', product: idempotent ? 'Safe' : 'Unsafe', auth: { scheme: 'none' }, actions }
}

const safe = objectOf(connectorOf(true))
const unsafe = objectOf(connectorOf(false))

/** A tenant that can `act` (repeating does no harm) and `act_once` (it does). */
export function tenantOf(path: string, concurrentRuns = 10): TenantContext {
  const connection = (name: string, connectorDigest: string) => ({
    name,
    owner: path,
    connector: name,
    connectorDigest,
    baseUrl: `https://${name}.invalid`,
    allowedOrigins: [],
    secret: 'token',
    settings: {},
  })
  return {
    path,
    uid: `uid-${path}`,
    displayName: path,
    tags: {},
    values: {},
    timezone: 'UTC',
    concurrentRuns,
    suspended: false,
    bindings: {
      act: { effect: 'contain', connections: [connection('safe', safe.digest)] },
      act_once: { effect: 'contain', connections: [connection('unsafe', unsafe.digest)] },
    },
  }
}

export interface SampleRun {
  readonly workflow: string
  readonly tenant?: TenantContext
  readonly delivery?: string
  readonly inputs?: Record<string, unknown>
  /** Workflows that it performs as steps, and they one another, by name. */
  readonly children?: Readonly<Record<string, string>>
}

let deliveries = 0

/** A start of the workflow that the YAML text describes; another delivery each time, unless told. */
export function startOf(sample: SampleRun): StartRequest {
  const { workflow, delivery, inputs = {}, children = {} } = sample
  const specs = Object.entries(children).map(([name, text]) => [name, specOf(text)] as const)
  const tenant: TenantContext = {
    ...(sample.tenant ?? tenantOf('acme')),
    ...(specs.length > 0 && {
      children: Object.fromEntries(
        specs.map(([name, spec]) => [
          name,
          { owner: '', release: '1.0.0', digest: objectOf(spec).digest, inputs: spec.inputs },
        ]),
      ),
    }),
  }
  const properties = Object.fromEntries(Object.keys(inputs).map((name) => [name, {}]))
  const spec = specOf(workflow, properties)
  const specObject = objectOf(spec)
  const context = objectOf(tenant)
  const effective: EffectiveWorkflow = { name: 'w', owner: '', release: '1.0.0', digest: specObject.digest, spec }
  const deliveryId = delivery ?? `${process.pid}-${deliveries++}`
  const requested = requestRun({
    workflow: effective,
    tenant,
    contextDigest: context.digest,
    commit: 'c0ffee',
    trigger: { kind: 'manual', id: 'manual', deliveryId },
    inputs: toValue(inputs) as JsonMap,
    now: Date.now(),
  })
  if (requested.kind === 'refused') throw new Error(requested.messages.join(' '))
  return {
    event: requested.event,
    objects: [specObject, context, safe, unsafe, ...specs.map(([, each]) => objectOf(each))],
  }
}

function specOf(text: string, properties = {}): Workflow['spec'] {
  return toValue({
    version: '1.0.0',
    title: 'Test',
    inputs: { properties },
    ...parse(text),
  }) as unknown as Workflow['spec']
}

export function idOf({ event }: { readonly event: RunRequested }): string {
  return event.runId
}
