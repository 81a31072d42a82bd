import type { LiveTenant } from '../reconcile/live-tenants.ts'
import type { ControllerView } from './controller.ts'
import { webhooksOf } from './deliver-webhook.ts'
import { ApiError, ok, type Route } from './route.ts'
import * as schemas from './schemas.ts'

export function tenantRoutes(controller: ControllerView, baseUrl: () => string): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/tenants',
      summary: 'every tenant with its state and what is applied',
      permission: 'tenants:read',
      responses: { 200: schemas.tenantList },
      handle: async () => ok(await controller.tenantList()),
    },
    {
      method: 'GET',
      path: '/v1/hooks/*',
      summary: 'where alerts and webhooks of a tenant are delivered, and the secrets they are signed with',
      permission: 'connections:administer',
      tenantOf: ({ params }) => params['*'],
      responses: { 200: schemas.hook },
      handle: ({ params }) => {
        const tenant = liveTenant(controller, params['*'] ?? '')
        return ok({
          url: `${baseUrl()}/hooks/${tenant.path}`,
          secret: controller.webhookSecret(tenant.uid),
          webhooks: webhooksOf(controller, tenant, baseUrl()),
          ...(controller.reconciled()?.mounted.includes(tenant.path) && {
            source: { url: `${baseUrl()}/sources/${tenant.path}`, secret: controller.sourceSecret(tenant.uid) },
          }),
        })
      },
    },
    {
      method: 'GET',
      path: '/v1/connections/*',
      summary: 'the connections of a tenant, and whether something keeps them from being used now',
      permission: 'tenants:read',
      tenantOf: ({ params }) => params['*'],
      responses: { 200: schemas.connectionList },
      handle: ({ params }) => ok({ connections: connectionsOf(controller, liveTenant(controller, params['*'] ?? '')) }),
    },
  ]
}

/** Each once, with the actions that it performs for the tenant. */
function connectionsOf(controller: ControllerView, { context }: LiveTenant) {
  const uses = Object.entries(context.bindings).flatMap(([action, { connections }]) =>
    connections.map((connection) => ({ action, connection })),
  )
  const byName = Map.groupBy(uses, ({ connection }) => connection.name)
  return [...byName.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const { name, owner, connector, baseUrl } = first.connection
    const actions = group.map(({ action }) => action)
    return [{ name, owner, connector, baseUrl, actions, ...controller.limitOf(first.connection) }]
  })
}

/** The tenant as it is applied; ends the request where there is none. */
export function liveTenant(controller: ControllerView, path: string): LiveTenant {
  const tenant = controller.applied.get(path)
  if (!tenant && !controller.reconciled())
    throw new ApiError(503, 'unavailable', 'the first reconcile has not ended yet')
  if (!tenant) throw new ApiError(404, 'not-found', `there is no tenant ${path}, or it was never applied`)
  return tenant
}
