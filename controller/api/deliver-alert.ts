import { verifyDelivery } from '../core/access/webhook-signature.ts'
import type { Principal } from '../core/access/authorize.ts'
import { isMap, toValue } from '../core/model/values.ts'
import { matchAlert } from '../core/run/triggers.ts'
import type { ControllerView } from './controller.ts'
import { ApiError, type ApiRequest, type Route } from './route.ts'
import * as schemas from './schemas.ts'
import { liveTenant } from './tenant-routes.ts'

/** The way in for alerts. It answers 202 only after every run it started is durable; the same delivery is the same run. */
export function deliverAlert(controller: ControllerView): Route {
  return {
    method: 'POST',
    path: '/hooks/*',
    summary: 'takes an alert for a tenant, signed as in Standard Webhooks, and starts the workflows that match it',
    permission: 'alerts:deliver',
    tenantOf: ({ params }) => params['*'],
    responses: { 200: schemas.started, 202: schemas.started },
    handle: async ({ params, body, headers }) => {
      const tenant = liveTenant(controller, params['*'] ?? '')
      const alert = toValue(body)
      if (!isMap(alert)) throw new ApiError(400, 'bad-request', 'an alert is a JSON object')
      const { matches } = matchAlert({ alert, tenant: tenant.context, workflows: [...tenant.workflows.values()] })
      const runs = await Promise.all(
        matches.map(async ({ workflow, triggerId, inputs }) => {
          const trigger = { kind: 'alert', id: triggerId, deliveryId: headers['webhook-id'] ?? '' } as const
          const effective = tenant.workflows.get(workflow.name)
          if (!effective) throw new ApiError(404, 'not-found', `${workflow.name} is gone`)
          const result = await controller.start({
            tenant: tenant.context,
            contextDigest: tenant.contextDigest,
            workflow: effective,
            trigger,
            inputs,
          })
          if (result.kind === 'refused')
            throw new ApiError(422, 'refused', `${workflow.name}: ${result.messages.join(' ')}`)
          return { id: result.runId, workflow: workflow.name, state: result.kind }
        }),
      )
      // 200 says: taken, and nothing came of it; 202 promises that the runs named will end.
      return { status: runs.length > 0 ? 202 : 200, body: { runs } }
    },
  }
}

/** Who delivers: a tenant's vendor, if the signature is right; otherwise the request ends here. */
export function deliveringPrincipal(controller: ControllerView, request: ApiRequest): Principal {
  const { headers, params, rawBody } = request
  const tenant = controller.applied.get(params['*'] ?? '')
  // An unknown tenant and a wrong signature get the same answer, so that nobody can try out names.
  const secret = controller.webhookSecret(tenant?.uid ?? '')
  const delivery = {
    id: headers['webhook-id'] ?? '',
    timestamp: headers['webhook-timestamp'] ?? '',
    signature: headers['webhook-signature'] ?? '',
    body: rawBody,
  }
  const verified = verifyDelivery(secret, delivery, controller.now())
  if (verified.kind === 'refused' || !tenant) {
    // The tenant may be about to be applied. Refusing would make a vendor give up; this makes it try again.
    if (!controller.reconciled()) throw new ApiError(503, 'unavailable', 'the first reconcile has not ended yet')
    throw new ApiError(
      401,
      'unauthorized',
      verified.kind === 'refused' ? verified.reason : 'the signature does not fit the delivery',
    )
  }
  return { kind: 'delivery', tenant: tenant.path }
}
