import { randomUUID } from 'node:crypto'
import type { Permission, Principal } from '../core/access/authorize.ts'
import { isMap, newMap, toValue } from '../core/model/values.ts'
import type { Resolution } from '../core/run/resolve-unknown.ts'
import type { RunState } from '../core/run/run-state.ts'
import { summarise } from '../core/run/run-summary.ts'
import type { ControllerView } from './controller.ts'
import { ApiError, ok, type Route } from './route.ts'
import * as schemas from './schemas.ts'
import { liveTenant } from './tenant-routes.ts'

const operator = 'operator'

export function runRoutes(controller: ControllerView): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/v1/runs',
      summary: 'starts a workflow for a tenant; the same requestId is the same run',
      permission: 'runs:run',
      tenantOf: ({ body }) => (body as { tenant?: string } | undefined)?.tenant,
      body: {
        type: 'object',
        required: ['tenant', 'workflow'],
        additionalProperties: false,
        properties: {
          tenant: { type: 'string' },
          workflow: { type: 'string' },
          inputs: { type: 'object' },
          requestId: { type: 'string', maxLength: 256 },
          sandbox: { type: 'boolean' },
        },
      },
      responses: { 202: schemas.started },
      handle: async ({ body }) => {
        const wanted = body as {
          tenant: string
          workflow: string
          inputs?: object
          requestId?: string
          sandbox?: boolean
        }
        const tenant = liveTenant(controller, wanted.tenant)
        const workflow = tenant.workflows.get(wanted.workflow)
        if (!workflow)
          throw new ApiError(404, 'not-found', `${wanted.tenant} does not receive a workflow ${wanted.workflow}`)
        const inputs = toValue(wanted.inputs ?? {})
        const trigger = { kind: 'manual', id: 'manual', deliveryId: wanted.requestId ?? randomUUID() } as const
        const result = await controller.start({
          tenant: tenant.context,
          contextDigest: tenant.contextDigest,
          workflow,
          trigger,
          inputs: isMap(inputs) ? inputs : newMap(),
          sandbox: wanted.sandbox === true,
        })
        if (result.kind === 'refused') throw new ApiError(422, 'refused', result.messages.join(' '))
        return { status: 202, body: { runs: [{ id: result.runId, workflow: workflow.name, state: result.kind }] } }
      },
    },
    {
      method: 'GET',
      path: '/v1/runs',
      summary: 'runs, latest first',
      permission: 'runs:read',
      tenantOf: ({ query }) => query['tenant'],
      query: {
        type: 'object',
        properties: {
          tenant: { type: 'string' },
          below: { type: 'boolean' },
          workflow: { type: 'string' },
          state: { type: 'string' },
          before: { type: 'integer' },
          limit: { type: 'integer', minimum: 1, maximum: 500 },
        },
      },
      responses: { 200: schemas.runPage },
      handle: ({ query }) => ok(controller.listRuns(query)),
    },
    {
      method: 'GET',
      path: '/v1/runs/:id',
      summary: 'one run: its steps, and every event of its journal',
      permission: 'runs:read',
      responses: { 200: schemas.runDetail },
      handle: ({ params, principal }) => {
        const { state, events, connectors } = found(controller, params['id'], principal, 'runs:read')
        return ok({
          run: summarise(state),
          inputs: state.request.inputs,
          outputs: state.outputs ?? {},
          steps: stepsOf(state),
          connectors,
          events,
        })
      },
    },
    {
      method: 'POST',
      path: '/v1/runs/:id/approvals',
      summary: 'answers an approval',
      permission: 'approvals:approve',
      body: {
        type: 'object',
        required: ['step', 'approved'],
        additionalProperties: false,
        properties: {
          step: { type: 'string' },
          approved: { type: 'boolean' },
          comment: { type: 'string', maxLength: 2000 },
        },
      },
      responses: { 200: schemas.accepted },
      handle: async ({ params, body, principal }) => {
        const { state } = found(controller, params['id'], principal, 'approvals:approve')
        const answer = body as { step: string; approved: boolean; comment?: string }
        const refusal = await controller.approve(state.request.runId, { ...answer, by: operator })
        if (refusal !== undefined) throw new ApiError(409, 'refused', refusal)
        return ok({ ok: true })
      },
    },
    {
      method: 'POST',
      path: '/v1/runs/:id/resolutions',
      summary: 'says what became of an attempt whose outcome is unknown',
      permission: 'approvals:approve',
      body: {
        type: 'object',
        required: ['step', 'connection', 'as'],
        additionalProperties: false,
        properties: {
          step: { type: 'string' },
          connection: { type: 'string' },
          as: { type: 'string', enum: ['succeeded', 'failed', 'retry'] },
          outputs: { type: 'object' },
          comment: { type: 'string', maxLength: 2000 },
        },
      },
      responses: { 200: schemas.accepted },
      handle: async ({ params, body, principal }) => {
        const { state } = found(controller, params['id'], principal, 'approvals:approve')
        const { outputs, ...said } = body as Omit<Resolution, 'by' | 'outputs'> & { outputs?: object }
        const given = outputs === undefined ? undefined : toValue(outputs)
        const refusal = await controller.resolve(state.request.runId, {
          ...said,
          by: operator,
          ...(isMap(given) && { outputs: given }),
        })
        if (refusal !== undefined) throw new ApiError(409, 'refused', refusal)
        return ok({ ok: true })
      },
    },
    {
      method: 'POST',
      path: '/v1/runs/:id/cancel',
      summary: 'cancels a run, which then undoes what its workflow says; or kills it, which ends it at once',
      permission: 'runs:cancel',
      body: {
        type: 'object',
        additionalProperties: false,
        properties: { reason: { type: 'string', maxLength: 2000 }, kill: { type: 'boolean' } },
      },
      responses: { 200: schemas.cancelled },
      handle: async ({ params, body, principal }) => {
        const { state } = found(controller, params['id'], principal, 'runs:cancel')
        const { reason = '', kill = false } = body as { reason?: string; kill?: boolean }
        const { runId } = state.request
        const taken = await controller.cancel(runId, { by: operator, reason, kill })
        if (!taken) throw new ApiError(409, 'refused', 'the run has ended already')
        return ok({ run: summarise(found(controller, runId, principal, 'runs:cancel').state) })
      },
    },
  ]
}

function found(controller: ControllerView, id: string | undefined, principal: Principal, permission: Permission) {
  const run = id === undefined ? undefined : controller.history(id, principal, permission)
  if (!run) throw new ApiError(404, 'not-found', `there is no run ${id}`)
  return run
}

function stepsOf(state: RunState) {
  return [...state.steps.values()].map(({ id, child, ended, lanes, ...step }) => ({
    id,
    phase: step.phase,
    outputs: step.outputs,
    branch: step.branch,
    failure: step.failure,
    startedAt: step.startedAt,
    settledAt: step.settledAt,
    ...(child && { child: { run: child.runId, workflow: child.workflow.name, outcome: ended?.outcome } }),
    attempts: [...lanes.values()].map((lane) => ({
      connection: lane.scheduled.connection,
      action: lane.scheduled.action,
      attempt: lane.scheduled.attempt,
      phase: lane.phase,
    })),
  }))
}
