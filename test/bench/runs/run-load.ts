import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunEvent } from '../../../controller/core/run/events.ts'
import { runIdOf } from '../../../controller/core/run/run-id.ts'
import type { StartRequest } from '../../../controller/io/backend/backend.ts'
import { EmbeddedBackend } from '../../../controller/io/backend/embedded-backend.ts'
import { openStore, type Store } from '../../../controller/io/store/open-store.ts'
import { startOf, tenantOf } from '../../core/run/sample-fleet.ts'

/** Five steps that a host performs, each with an intent before it and its outcome after it in the journal. */
export const fiveActions = `
steps:
  - { id: s0, action: act, with: { host: '\${{ inputs.host }}' } }
  - { id: s1, action: act, with: { ticket: '\${{ steps.s0.outputs.ticket }}' } }
  - { id: s2, action: act, with: { ticket: '\${{ steps.s1.outputs.ticket }}' } }
  - { id: s3, action: act, with: { ticket: '\${{ steps.s2.outputs.ticket }}' } }
  - { id: s4, action: act, with: { ticket: '\${{ steps.s3.outputs.ticket }}' } }
outputs: { ticket: '\${{ steps.s4.outputs.ticket }}' }
`

/** Five steps that only compute: nothing leaves, so nothing has to be durable between them. */
export const fiveSets = `
steps:
  - { id: s0, set: { name: '\${{ inputs.host + "-0" }}' } }
  - { id: s1, set: { name: '\${{ steps.s0.outputs.name + "-1" }}' } }
  - { id: s2, set: { name: '\${{ steps.s1.outputs.name + "-2" }}' } }
  - { id: s3, set: { name: '\${{ steps.s2.outputs.name + "-3" }}' } }
  - { id: s4, set: { name: '\${{ steps.s3.outputs.name + "-4" }}' } }
outputs: { name: '\${{ steps.s4.outputs.name }}' }
`

export interface RunLoad extends AsyncDisposable {
  readonly store: Store
  readonly folder: string
  /** Resolves when the run is on the disk. */
  readonly accept: (start: StartRequest) => Promise<void>
  /** Resolves when the run has ended, and that is on the disk. */
  readonly toEnd: (start: StartRequest) => Promise<void>
  /** All of them, `inFlight` at a time. */
  readonly all: (starts: Iterable<StartRequest>, inFlight: number) => Promise<void>
}

/** The real backend on a real store in a temporary folder; what its runs do takes no time. `watch` is told what is on the disk. */
export function openRunLoad(watch: (runId: string, events: readonly RunEvent[]) => void = () => {}): RunLoad {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-bench-runs-'))
  const store = openStore(folder, { fillsLog: true })
  const ending = new Map<string, () => void>()
  const backend = new EmbeddedBackend({
    journal: store,
    performModule: join(import.meta.dirname, 'instant-vendor.ts'),
    secretOf: async ({ secret }) => `secret of ${secret}`,
    hostsFile: join(folder, 'hosts'),
    onEvents: (runId, events) => {
      watch(runId, events)
      if (!events.some(endsRun)) return
      ending.get(runId)?.()
      ending.delete(runId)
    },
    onTrouble: (runId, error) => {
      throw new Error(`run ${runId} is in trouble`, { cause: error })
    },
  })
  const toEnd = async (start: StartRequest): Promise<void> => {
    const ended = Promise.withResolvers<void>()
    ending.set(start.event.runId, ended.resolve)
    await backend.start(start)
    await ended.promise
  }
  return {
    store,
    folder,
    accept: async (start) => void (await backend.start(start)),
    toEnd,
    all: async (starts, inFlight) => {
      const rest = starts[Symbol.iterator]()
      const lane = async (): Promise<void> => {
        for (let next = rest.next(); !next.done; next = rest.next()) await toEnd(next.value)
      }
      await Promise.all(Array.from({ length: inFlight }, lane))
    },
    [Symbol.asyncDispose]: async () => {
      await backend.close()
      store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function endsRun({ type }: RunEvent): boolean {
  return type === 'RunSucceeded' || type === 'RunFailed' || type === 'RunCancelled' || type === 'RunQuarantined'
}

/** Starts spread over tenants, each another delivery. */
export function startsOf(workflow: string, count: number, tenants: number, prefix: string): Iterable<StartRequest> {
  const templates = Array.from({ length: tenants }, (_, index) => templateOf(workflow, `msp/t${index}`))
  return (function* () {
    for (let index = 0; index < count; index++)
      yield another(templates[index % tenants] as StartRequest, `${prefix}-${index}`)
  })()
}

export function templateOf(workflow: string, tenant: string, concurrentRuns = 100): StartRequest {
  return startOf({ workflow, tenant: tenantOf(tenant, concurrentRuns), inputs: { host: 'WS-FIN-0142' } })
}

/** The same run for another delivery. */
export function another({ event, objects = [] }: StartRequest, deliveryId: string): StartRequest {
  const origin = { tenantUid: event.tenant.uid, workflow: ':w', trigger: event.trigger.id, deliveryId }
  return { event: { ...event, runId: runIdOf(origin), trigger: { ...event.trigger, deliveryId } }, objects }
}
