import { createHash } from 'node:crypto'
import { canonicalText } from '../model/values.ts'

export interface RunOrigin {
  readonly tenantUid: string
  /** `owner:name`. */
  readonly workflow: string
  readonly trigger: string
  readonly deliveryId: string
}

/** The same delivery is the same run: the id is derived, so that nothing has to be remembered to recognise a repetition. */
export function runIdOf({ tenantUid, workflow, trigger, deliveryId }: RunOrigin): string {
  const hash = createHash('sha256').update(canonicalText([tenantUid, workflow, trigger, deliveryId]))
  return hash.digest('hex').slice(0, 32)
}

/** A number in [0, 1) that is the same for the same names: jitter without randomness. */
export function fractionOf(...names: readonly (string | number)[]): number {
  return createHash('sha256').update(canonicalText(names)).digest().readUInt32BE(0) / 2 ** 32
}

/** What a vendor recognises a repeated attempt by; several connections of one step may stand for one account. */
export function idempotencyKeyOf(runId: string, step: string, connection: string, connections: number): string {
  return connections === 1 ? `${runId}/${step}` : `${runId}/${step}/${connection}`
}
