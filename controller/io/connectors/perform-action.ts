import type { BoundConnection } from '../../core/model/effective.ts'
import type { Connector } from '../../core/model/generated/kinds.ts'
import { type JsonMap, type MutableMap, newMap } from '../../core/model/values.ts'
import { type Bindings, evaluateCondition } from '../../core/run/expressions.ts'
import type { Secret } from './credential.ts'
import type { EgressGate, VendorAnswer } from './egress-gate.ts'
import type { Outcome, RequestTrace } from '../../core/run/outcome.ts'
import { type Reading, readAnswer } from './read-answer.ts'
import {
  type ActionSpec,
  renderAuth,
  renderFields,
  renderRequest,
  type RequestSpec,
  unfilled,
} from './render-request.ts'

export interface ActionCall {
  readonly connection: BoundConnection
  readonly connector: Connector['spec']
  readonly action: string
  readonly input: JsonMap
  readonly idempotencyKey: string
  readonly secret: Secret | null
  readonly sandbox?: boolean
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
  const ended = (result: Exclude<Reading, { kind: 'read' }> | Unknown, at?: string): Outcome => ({
    ...result,
    message: `${who}${at === undefined ? '' : `, request ${at}`}: ${result.message}`,
    requests: traces,
  })
  const spec = call.connector.actions.find((offered) => offered.action === call.action)
  if (spec === undefined)
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

  const deadline = now() + call.timeoutMs
  const answers: MutableMap = newMap()
  const bindings: Bindings = {
    input: call.input,
    connection: { settings: call.connection.settings },
    requests: answers,
  }
  const auth = renderAuth(call.connector.auth, { connection: bindings['connection'] ?? null })
  if (auth.kind === 'failed') return ended(auth)
  let changed: string | undefined
  for (const request of spec.requests) {
    if (request.if !== undefined) {
      const wanted = evaluateCondition(request.if, bindings)
      if (wanted.kind === 'failed') return ended(afterChange(unfilled('if', wanted), changed, spec), request.id)
      if (wanted.value === false) continue
    }
    const parts = renderRequest(request, bindings)
    if (parts.kind === 'failed') return ended(afterChange(parts, changed, spec), request.id)
    const started = now()
    const answer = await call.egress.send({
      ...parts,
      connection: call.connection,
      method: request.method,
      headers: { ...parts.headers, ...keyHeader(request, call.idempotencyKey) },
      sandboxHeaders: {
        'x-headwater-idempotency-key': call.idempotencyKey,
        'x-headwater-request': `${spec.action}/${request.id}`,
      },
      auth: auth.auth,
      secret: call.secret,
      sandbox: call.sandbox === true,
      timeoutMs: deadline - started,
      repeatable: isRepeatable(spec, request),
    })
    traces.push({ method: request.method, url: answer.url, status: statusOf(answer), ms: Math.round(now() - started) })
    const reading = readingOf(answer, spec, request, now())
    if (reading.kind !== 'read') return ended(afterChange(reading, changed, spec), request.id)
    answers[request.id] = Object.assign(newMap(), { status: statusOf(answer), body: reading.body })
    if (request.method !== 'GET') changed = request.id
  }
  const outputs = renderFields(spec.output, 'output', bindings)
  if (outputs.kind === 'failed') return ended(afterChange(outputs, changed, spec))
  return { kind: 'succeeded', outputs: outputs.map, requests: traces }
}

/** A server that fails so may have done what it was asked before it failed. */
const mayHaveActed: ReadonlySet<number> = new Set([500, 502, 504])

interface Unknown {
  readonly kind: 'unknown'
  readonly code: string
  readonly message: string
}

function readingOf(answer: VendorAnswer, spec: ActionSpec, request: RequestSpec, now: number): Reading | Unknown {
  switch (answer.kind) {
    case 'answered': {
      const reading = readAnswer(answer, request, spec.errors, now)
      const isSaid = spec.errors?.some((entry) => entry.status === answer.status)
      if (reading.kind !== 'retry' || isSaid || !mayHaveActed.has(answer.status) || isRepeatable(spec, request))
        return reading
      return { kind: 'unknown', code: reading.code, message: reading.message }
    }
    case 'too-large':
      return {
        kind: 'failed',
        code: 'answer-too-large',
        message: `answered ${answer.status}, but the answer is larger than we read`,
      }
    case 'refused':
      return { kind: 'failed', code: answer.code, message: answer.message }
    case 'unsent':
      return { kind: 'retry', code: answer.code, message: answer.message }
    case 'unsure':
      return { kind: isRepeatable(spec, request) ? 'retry' : 'unknown', code: answer.code, message: answer.message }
  }
}

/** Trying the action again repeats the requests that were carried out before this one: where that does harm, a person decides. */
function afterChange(
  reading: Exclude<Reading, { kind: 'read' }> | Unknown,
  changed: string | undefined,
  spec: ActionSpec,
): Exclude<Reading, { kind: 'read' }> | Unknown {
  if (changed === undefined || reading.kind === 'unknown') return reading
  const message = `${reading.message}; the request ${changed} before it was carried out`
  if (reading.kind === 'failed') return { ...reading, message }
  return spec.idempotent === true ? reading : { kind: 'unknown', code: reading.code, message }
}

function isRepeatable(spec: ActionSpec, request: RequestSpec): boolean {
  return spec.idempotent === true || request.method === 'GET'
}

function keyHeader({ idempotencyHeader }: RequestSpec, key: string): Record<string, string> {
  return idempotencyHeader === undefined ? {} : { [idempotencyHeader]: key }
}

function statusOf(answer: VendorAnswer): number {
  return answer.kind === 'answered' || answer.kind === 'too-large' ? answer.status : 0
}
