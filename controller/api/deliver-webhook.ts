import type { EffectiveWorkflow } from '../core/model/effective.ts'
import { toValue } from '../core/model/values.ts'
import type { Trigger } from '../core/run/schedules.ts'
import { takeWebhook } from '../core/run/triggers.ts'
import type { LiveTenant } from '../reconcile/live-tenants.ts'
import type { ControllerView } from './controller.ts'
import { ApiError, type Route } from './route.ts'
import * as schemas from './schemas.ts'
import { signedPrincipal, takeDelivery, type WantedRun } from './take-delivery.ts'

export interface Webhook {
  readonly tenant: LiveTenant
  readonly workflow: EffectiveWorkflow
  readonly trigger: Trigger
}

/** The way in for one trigger of one tenant: `/webhooks/<tenant>/<workflow>/<trigger>`. */
export function deliverWebhook(controller: ControllerView): Route {
  return {
    method: 'POST',
    path: '/webhooks/*',
    summary: 'takes a delivery for one trigger of a tenant, signed as in Standard Webhooks, and starts its workflow',
    permission: 'alerts:deliver',
    tenantOf: ({ params }) => params['*']?.split('/').slice(0, -2).join('/'),
    principalOf: (request) => {
      const webhook = found(controller, request.params['*'])
      return signedPrincipal(controller, request, webhook?.tenant.path, secretOf(controller, webhook))
    },
    responses: { 200: schemas.started, 202: schemas.started },
    handle: (request) => {
      const webhook = found(controller, request.params['*'])
      if (!webhook) throw new ApiError(404, 'not-found', 'there is no such trigger any more')
      const { tenant, workflow, trigger } = webhook
      const taken = takeWebhook({ payload: toValue(request.body), trigger, tenant: tenant.context })
      if (taken.kind === 'failed') throw new ApiError(422, 'refused', `${workflow.name}: ${taken.message}`)
      const wanted: WantedRun[] = []
      if (taken.kind === 'run') {
        const deliveryId = taken.dedupe === undefined ? (request.headers['webhook-id'] ?? '') : `key:${taken.dedupe}`
        wanted.push({ workflow, inputs: taken.inputs, trigger: { kind: 'webhook', id: trigger.id, deliveryId } })
      }
      return takeDelivery(controller, request, tenant, wanted)
    },
  }
}

/** Where the webhooks of a tenant are delivered, and with which secret. */
export function webhooksOf(controller: ControllerView, tenant: LiveTenant, baseUrl: string) {
  return [...tenant.workflows.values()].flatMap((workflow) =>
    (workflow.spec.triggers ?? [])
      .filter(({ type }) => type === 'webhook')
      .map((trigger) => ({
        workflow: workflow.name,
        trigger: trigger.id,
        url: `${baseUrl}/webhooks/${tenant.path}/${workflow.name}/${trigger.id}`,
        secret: secretOf(controller, { tenant, workflow, trigger }),
      })),
  )
}

function found(controller: ControllerView, address = ''): Webhook | undefined {
  const parts = address.split('/')
  const [name, id] = parts.slice(-2)
  const tenant = controller.applied.get(parts.slice(0, -2).join('/'))
  const workflow = tenant?.workflows.get(name ?? '')
  const trigger = workflow?.spec.triggers?.find((each) => each.id === id && each.type === 'webhook')
  return tenant && workflow && trigger && { tenant, workflow, trigger }
}

/** Of nothing too, so that an unknown address costs what a wrong signature does. */
function secretOf(controller: ControllerView, webhook: Webhook | undefined): string {
  const { tenant, workflow, trigger } = webhook ?? {}
  return controller.triggerSecret({
    tenantUid: tenant?.uid ?? '',
    workflow: `${workflow?.owner ?? ''}:${workflow?.name ?? ''}`,
    trigger: trigger?.id ?? '',
  })
}
