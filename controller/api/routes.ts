import { caseRoute } from './case-route.ts'
import { bulkRoutes } from './bulk-routes.ts'
import { deliverAlert } from './deliver-alert.ts'
import { deliverWebhook } from './deliver-webhook.ts'
import type { ControllerView } from './controller.ts'
import { hintSource } from './hint-source.ts'
import { ok, type Route } from './route.ts'
import { runRoutes } from './run-routes.ts'
import * as schemas from './schemas.ts'
import { tenantRoutes } from './tenant-routes.ts'

/** Every route of the controller. */
export function routesOf(controller: ControllerView, baseUrl: () => string): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      summary: 'whether the controller can promise what it promises',
      permission: 'public',
      responses: { 200: schemas.status, 503: schemas.status },
      handle: () => {
        const health = controller.health()
        return {
          status: health.kind === 'failing' ? 503 : 200,
          body: { health: health.kind, ...(health.kind !== 'healthy' && { reason: health.reason }) },
        }
      },
    },
    {
      method: 'GET',
      path: '/v1/status',
      summary: 'the commit that is applied and what is wrong with it, and runs that do not go on although they could',
      permission: 'tenants:read',
      responses: { 200: schemas.status },
      handle: () => {
        const reconciled = controller.reconciled()
        const { revision, problems } = reconciled ?? {}
        const health = controller.health()
        return ok({
          commit: revision?.commit ?? null,
          uncommitted: revision?.uncommitted ?? [],
          tenants: reconciled?.tenants ?? 0,
          frozen: reconciled?.frozen.length ?? 0,
          workflows: reconciled?.workflows ?? 0,
          problems: problems?.first ?? [],
          problemCount: { errors: problems?.errors ?? 0, warnings: problems?.warnings ?? 0 },
          reconciling: controller.progress() ?? null,
          health: health.kind,
          ...(health.kind !== 'healthy' && { reason: health.reason }),
          overdue: controller.overdue(),
        })
      },
    },
    {
      method: 'POST',
      path: '/v1/sweep',
      summary: 'removes finished runs that are older than their tenant keeps them; it happens every ten minutes anyway',
      permission: 'runs:remove',
      responses: { 200: schemas.swept },
      handle: async () => ok(await controller.sweep()),
    },
    ...tenantRoutes(controller, baseUrl),
    ...runRoutes(controller),
    caseRoute(controller),
    ...bulkRoutes(controller),
    deliverAlert(controller),
    deliverWebhook(controller),
    hintSource(controller),
  ]
}
