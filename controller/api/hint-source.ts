import { verifyHint } from '../core/access/source-hint.ts'
import type { ControllerView } from './controller.ts'
import { ApiError, type Route } from './route.ts'
import * as schemas from './schemas.ts'

/** The push webhook of a tenant's own repository: `/sources/<tenant>`. */
export function hintSource(controller: ControllerView): Route {
  return {
    method: 'POST',
    path: '/sources/*',
    summary: 'looks at a tenant’s own repository now: for the push webhook of a forge, signed as the forge signs',
    permission: 'sources:hint',
    tenantOf: ({ params }) => params['*'],
    principalOf: ({ params, headers, rawBody }) => {
      const path = params['*'] ?? ''
      const tenant = controller.applied.get(path)
      // Of nothing too, so that an unknown tenant costs what a wrong signature does.
      const verified = verifyHint(controller.sourceSecret(tenant?.uid ?? ''), headers, rawBody, controller.now())
      if (verified.kind === 'refused') throw new ApiError(401, 'unauthorized', verified.reason)
      if (!tenant) throw new ApiError(401, 'unauthorized', 'the signature does not fit the delivery')
      return { kind: 'delivery', tenant: path }
    },
    responses: { 202: schemas.hinted },
    handle: async ({ params }) => {
      await controller.hintSource(params['*'] ?? '')
      return { status: 202, body: { looking: true } }
    },
  }
}
