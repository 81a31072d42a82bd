import { isMap, toValue } from '../core/model/values.ts'
import { matchAlert } from '../core/run/triggers.ts'
import type { ControllerView } from './controller.ts'
import { ApiError, type Route } from './route.ts'
import * as schemas from './schemas.ts'
import { signedPrincipal, takeDelivery } from './take-delivery.ts'
import { liveTenant } from './tenant-routes.ts'

/** The way in for alerts. It answers 202 only after every run it started is durable; the same delivery is the same run. */
export function deliverAlert(controller: ControllerView): Route {
  return {
    method: 'POST',
    path: '/hooks/*',
    summary: 'takes an alert for a tenant, signed as in Standard Webhooks, and starts the workflows that match it',
    permission: 'alerts:deliver',
    tenantOf: ({ params }) => params['*'],
    principalOf: (request) => {
      const tenant = controller.applied.get(request.params['*'] ?? '')
      // An unknown tenant and a wrong signature get the same answer, so that nobody can try out names.
      return signedPrincipal(controller, request, tenant?.path, controller.webhookSecret(tenant?.uid ?? ''))
    },
    responses: { 200: schemas.started, 202: schemas.started },
    handle: (request) => {
      const tenant = liveTenant(controller, request.params['*'] ?? '')
      const alert = toValue(request.body)
      if (!isMap(alert)) throw new ApiError(400, 'bad-request', 'an alert is a JSON object')
      const { matches } = matchAlert({ alert, tenant: tenant.context, workflows: [...tenant.workflows.values()] })
      const deliveryId = request.headers['webhook-id'] ?? ''
      const wanted = matches.map(({ workflow, triggerId, inputs }) => {
        return { workflow, inputs, trigger: { kind: 'alert', id: triggerId, deliveryId } as const }
      })
      return takeDelivery(controller, request, tenant, wanted)
    },
  }
}
