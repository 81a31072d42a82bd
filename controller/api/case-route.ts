import type { ControllerView } from './controller.ts'
import { ApiError, ok, type Route } from './route.ts'
import * as schemas from './schemas.ts'
import { liveTenant } from './tenant-routes.ts'

export function caseRoute(controller: ControllerView): Route {
  return {
    method: 'GET',
    path: '/v1/cases/*',
    summary:
      'the cases of a tenant, those that changed last first; with `case`, one of them and what was written into it',
    permission: 'cases:read',
    tenantOf: ({ params }) => params['*'],
    query: {
      type: 'object',
      properties: {
        case: { type: 'string' },
        state: { type: 'string', enum: ['open', 'closed'] },
        before: { type: 'string' },
        limit: { type: 'integer', minimum: 1, maximum: 500 },
      },
    },
    responses: { 200: schemas.cases },
    handle: ({ params, query, principal }) => {
      const { path, uid } = liveTenant(controller, params['*'] ?? '')
      const cases = controller.cases({ path, uid }, principal)
      if (!cases) throw new ApiError(404, 'not-found', `there is no tenant ${path}, or it was never applied`)
      const { case: id, ...filter } = query
      if (id === undefined) return ok(cases.listCases(filter))
      const found = cases.readCase(id)
      if (!found) throw new ApiError(404, 'not-found', `${path} has no case ${id}`)
      return ok(found)
    },
  }
}
