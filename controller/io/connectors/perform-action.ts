import type { BoundConnection } from '../../core/model/effective.ts'
import type { Connector } from '../../core/model/generated/kinds.ts'
import { type JsonMap, type MutableMap, newMap } from '../../core/model/values.ts'
import { type Bindings, evaluateCondition } from '../../core/run/expressions.ts'
import type { Outcome, RequestTrace } from '../../core/run/outcome.ts'
import type { Secret } from './credential.ts'
import type { EgressGate } from './egress-gate.ts'
import { type Ending, makeRequest, type Sending } from './make-request.ts'
import { type ActionSpec, renderAuth, renderFields, unfilled } from './render-request.ts'

export interface ActionCall {
  readonly connection: BoundConnection
  readonly connector: Connector['spec']
  readonly action: string
  readonly input: JsonMap
  readonly idempotencyKey: string
  readonly secret: Secret | null
  readonly sandbox?: boolean
  /** True where an earlier attempt may have taken effect: it is looked up first, where the connector says how. */
  readonly again?: boolean
  /** For all requests of the action together. */
  readonly timeoutMs: number
  readonly egress: EgressGate
  readonly now?: () => number
}

/** Performs one universal action for one connection: its requests in order, then its output. */
export async function performAction(call: ActionCall): Promise<Outcome> {
  const now = call.now ?? Date.now
  const traces: RequestTrace[] = []
  const who = `${call.connector.product} (connection ${call.connection.name}, action ${call.action})`
  const ended = (result: Ending, at?: string): Outcome => ({
    ...result,
    message: `${who}${at === undefined ? '' : `, request ${at}`}: ${result.message}`,
    requests: traces,
  })
  const action = call.connector.actions.find((offered) => offered.action === call.action)
  if (action === undefined)
    return ended({ kind: 'failed', code: 'not-offered', message: 'the connector does not offer this action' })
  const setting = Object.keys(call.connector.settings ?? {}).find(
    (name) => !Object.hasOwn(call.connection.settings, name),
  )
  if (setting !== undefined)
    return ended({
      kind: 'failed',
      code: 'missing-setting',
      message: `the connection does not say \`settings.${setting}\``,
    })

  const answers: MutableMap = newMap()
  const connection = { settings: call.connection.settings }
  const bindings: Bindings = { input: call.input, connection, requests: answers, key: call.idempotencyKey }
  const auth = renderAuth(call.connector.auth, { connection })
  if (auth.kind === 'failed') return ended(auth)
  const sending: Sending = { call, action, auth: auth.auth, deadline: now() + call.timeoutMs, now, traces }

  if (call.again === true && action.lookup !== undefined) {
    const found = await lookUp(sending, action.lookup, bindings)
    if (found.kind === 'done') return { kind: 'succeeded', outputs: found.outputs, requests: traces }
    if (found.kind !== 'not-done') return ended(found, found.at)
    for (const { id } of action.lookup.requests) delete answers[id]
  }
  let changed: string | undefined
  for (const request of action.requests) {
    const made = await makeRequest(sending, request, bindings)
    if (made.kind === 'left-out') continue
    if (made.kind !== 'made') return ended(afterChange(made, changed, action), request.id)
    answers[request.id] = made.answer
    if (request.method !== 'GET') changed = request.id
  }
  const outputs = renderFields(action.output, 'output', bindings)
  if (outputs.kind === 'failed') return ended(afterChange(outputs, changed, action))
  return { kind: 'succeeded', outputs: outputs.map, requests: traces }
}

type Found =
  | { readonly kind: 'done'; readonly outputs: JsonMap }
  | { readonly kind: 'not-done' }
  | (Ending & { readonly at?: string })

/** Whether an earlier attempt took effect. Where that cannot be found out, it stays unknown, and nothing is done. */
async function lookUp(sending: Sending, lookup: NonNullable<ActionSpec['lookup']>, bindings: Bindings): Promise<Found> {
  const unknown = ({ code, message }: Ending, at?: string): Found => ({
    kind: 'unknown',
    code,
    message: `whether an earlier attempt took effect cannot be looked up: ${message}`,
    ...(at !== undefined && { at }),
  })
  for (const request of lookup.requests) {
    const made = await makeRequest(sending, request, bindings)
    if (made.kind === 'left-out') continue
    if (made.kind !== 'made') return unknown(made, request.id)
    ;(bindings['requests'] as MutableMap)[request.id] = made.answer
  }
  const found = evaluateCondition(lookup.found, bindings)
  if (found.kind === 'failed') return unknown(unfilled('lookup.found', found))
  if (found.value === false) return { kind: 'not-done' }
  const outputs = renderFields(lookup.output, 'lookup.output', bindings)
  return outputs.kind === 'failed' ? unknown(outputs) : { kind: 'done', outputs: outputs.map }
}

/** Trying the action again repeats the requests that were carried out before this one: where that does harm, a person decides. */
function afterChange(ending: Ending, changed: string | undefined, action: ActionSpec): Ending {
  if (changed === undefined || ending.kind === 'unknown') return ending
  const message = `${ending.message}; the request ${changed} before it was carried out`
  if (ending.kind === 'failed') return { ...ending, message }
  return action.idempotent === true ? ending : { kind: 'unknown', code: ending.code, message }
}
