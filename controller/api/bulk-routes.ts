import { randomUUID } from 'node:crypto'
import { isMap, newMap, toValue } from '../core/model/values.ts'
import { runIdOf } from '../core/run/run-id.ts'
import type { ControllerView } from './controller.ts'
import { ApiError, ok, type Route } from './route.ts'
import * as schemas from './schemas.ts'

const operator = 'operator'
const usual = { concurrency: 20 }

interface BulkBody {
  readonly workflow: string
  readonly to: string
  readonly inputs?: object
  readonly concurrency?: number
  readonly haltOnFailureRate?: number
  readonly requestId?: string
  readonly sandbox?: boolean
}

export function bulkRoutes(controller: ControllerView): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/v1/bulk-runs',
      summary:
        'runs a workflow for every tenant that a tag expression selects; the same requestId is the same bulk run',
      permission: 'runs:run',
      body: {
        type: 'object',
        required: ['workflow', 'to'],
        additionalProperties: false,
        properties: {
          workflow: { type: 'string' },
          to: { type: 'string', minLength: 1, maxLength: 2000 },
          inputs: { type: 'object' },
          concurrency: { type: 'integer', minimum: 1, maximum: 1000 },
          haltOnFailureRate: { type: 'number', minimum: 0, maximum: 1 },
          requestId: { type: 'string', maxLength: 256 },
          sandbox: { type: 'boolean' },
        },
      },
      responses: { 202: schemas.bulkRun },
      handle: async ({ body }) => {
        const { workflow, to, inputs: given, requestId = randomUUID(), ...rest } = body as BulkBody
        const { concurrency = usual.concurrency, haltOnFailureRate, sandbox = false } = rest
        const inputs = toValue(given ?? {})
        // Nobody's tenant: no run of a tenant can have this id.
        const id = runIdOf({ tenantUid: '', workflow, trigger: 'bulk', deliveryId: requestId })
        const begun = await controller.bulk.begin({
          id,
          workflow,
          to,
          inputs: isMap(inputs) ? inputs : newMap(),
          concurrency,
          sandbox,
          by: operator,
          ...(haltOnFailureRate !== undefined && { haltOnFailureRate }),
        })
        if (begun.kind === 'refused') throw new ApiError(422, 'refused', begun.messages.join(' '))
        return { status: 202, body: controller.bulk.progress(id) }
      },
    },
    {
      method: 'GET',
      path: '/v1/bulk-runs',
      summary: 'bulk runs, latest first',
      permission: 'runs:read',
      query: { type: 'object', properties: { limit: { type: 'integer', minimum: 1, maximum: 500 } } },
      responses: { 200: schemas.bulkList },
      handle: ({ query }) => ok({ bulkRuns: controller.bulk.list(Number(query['limit'] ?? 50)) }),
    },
    {
      method: 'GET',
      path: '/v1/bulk-runs/:id',
      summary: 'how far a bulk run is, or how it ended: counts, and failures by their reason',
      permission: 'runs:read',
      responses: { 200: schemas.bulkRun },
      handle: ({ params }) => {
        const progress = controller.bulk.progress(params['id'] ?? '')
        if (!progress) throw new ApiError(404, 'not-found', `there is no bulk run ${params['id']}`)
        return ok(progress)
      },
    },
    {
      method: 'POST',
      path: '/v1/bulk-runs/:id/cancel',
      summary: 'starts no more runs of a bulk run; those on their way go on',
      permission: 'runs:cancel',
      body: {
        type: 'object',
        additionalProperties: false,
        properties: { reason: { type: 'string', maxLength: 2000 } },
      },
      responses: { 200: schemas.accepted },
      handle: async ({ params, body }) => {
        const id = params['id'] ?? ''
        const taken = await controller.bulk.cancel(id, operator, (body as { reason?: string }).reason ?? '')
        if (taken === undefined) throw new ApiError(404, 'not-found', `there is no bulk run ${id}`)
        if (!taken) throw new ApiError(409, 'refused', 'the bulk run has ended already')
        return ok({ ok: true })
      },
    },
  ]
}
