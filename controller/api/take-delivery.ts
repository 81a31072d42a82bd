import { createHash } from 'node:crypto'
import type { Principal } from '../core/access/authorize.ts'
import { verifyDelivery } from '../core/access/webhook-signature.ts'
import { canonicalText } from '../core/model/values.ts'
import type { LiveTenant } from '../reconcile/live-tenants.ts'
import type { RunWanted } from '../triggers/run-wanted.ts'
import type { ControllerView } from './controller.ts'
import { type ApiAnswer, ApiError, type ApiRequest } from './route.ts'

/** Who delivers: somebody with the secret, if the signature is right; otherwise the request ends here. */
export function signedPrincipal(
  controller: ControllerView,
  { headers, rawBody }: ApiRequest,
  tenant: string | undefined,
  secret: string,
): Principal {
  const delivery = {
    id: headers['webhook-id'] ?? '',
    timestamp: headers['webhook-timestamp'] ?? '',
    signature: headers['webhook-signature'] ?? '',
    body: rawBody,
  }
  const verified = verifyDelivery(secret, delivery, controller.now())
  if (verified.kind === 'verified' && tenant !== undefined) return { kind: 'delivery', tenant }
  // The tenant may be about to be applied. Refusing would make a vendor give up; this makes it try again.
  if (!controller.reconciled()) throw new ApiError(503, 'unavailable', 'the first reconcile has not ended yet')
  const reason = verified.kind === 'refused' ? verified.reason : 'the signature does not fit the delivery'
  throw new ApiError(401, 'unauthorized', reason)
}

export type WantedRun = Pick<RunWanted, 'workflow' | 'trigger' | 'inputs'>

/**
 * Starts what a delivery asks for and answers once all of it is durable. A repetition is signed anew and finds its runs;
 * the very same message a second time was recorded on its way, and is refused.
 */
export async function takeDelivery(
  controller: ControllerView,
  { params, headers }: ApiRequest,
  { context, contextDigest, uid }: LiveTenant,
  wanted: readonly WantedRun[],
): Promise<ApiAnswer> {
  const message = [params['*'] ?? '', headers['webhook-id'] ?? '', headers['webhook-timestamp'] ?? '']
  const key = createHash('sha256').update(canonicalText(message)).digest('base64url')
  if (controller.isDelivered(uid, key))
    throw new ApiError(409, 'replayed', 'this very message was taken already: sign a repetition anew')
  const starting = wanted.map(async (run) => {
    const started = await controller.start({ tenant: context, contextDigest, ...run })
    if (started.kind === 'refused')
      throw new ApiError(422, 'refused', `${run.workflow.name}: ${started.messages.join(' ')}`)
    return { id: started.runId, workflow: run.workflow.name, state: started.kind }
  })
  // Queued behind its runs, and so never on the disk without them. What starts nothing is not remembered: most alerts are of this kind.
  const recorded = wanted.length > 0 ? controller.recordDelivery(uid, key) : undefined
  const [runs] = await Promise.all([Promise.all(starting), recorded])
  // 200 says: taken, and nothing came of it.
  return { status: runs.length > 0 ? 202 : 200, body: { runs } }
}
