import { caps } from '../../core/model/caps.ts'
import { isMap, type Json, type JsonMap, newMap } from '../../core/model/values.ts'
import { type Bindings, evaluateCondition } from '../../core/run/expressions.ts'
import type { RequestTrace } from '../../core/run/outcome.ts'
import type { Auth } from './credential.ts'
import type { VendorAnswer } from './egress-gate.ts'
import { itemsOf, nextPage, withItems } from './next-page.ts'
import type { ActionCall } from './perform-action.ts'
import { excerpt, type Reading, readAnswer } from './read-answer.ts'
import { type ActionSpec, renderRequest, type RequestParts, type RequestSpec, unfilled } from './render-request.ts'

/** What ends an action before its last request. */
export type Ending = Exclude<Reading, { kind: 'read' }>

export type Made =
  | { readonly kind: 'left-out' }
  /** `answer` is what expressions see under `requests.<id>`. */
  | { readonly kind: 'made'; readonly answer: JsonMap }
  | Ending

export interface Sending {
  readonly call: ActionCall
  readonly action: ActionSpec
  readonly auth: Auth
  /** For all requests of the action together. */
  readonly deadline: number
  readonly now: () => number
  readonly traces: RequestTrace[]
}

/** Makes one request of an action, page after page where its answer comes in pages. */
export async function makeRequest(sending: Sending, request: RequestSpec, bindings: Bindings): Promise<Made> {
  if (request.if !== undefined) {
    const wanted = evaluateCondition(request.if, bindings)
    if (wanted.kind === 'failed') return unfilled('if', wanted)
    if (wanted.value === false) return { kind: 'left-out' }
  }
  const parts = renderRequest(request, bindings)
  if (parts.kind === 'failed') return parts
  const first = await exchange(sending, request, parts)
  if (first.kind !== 'read') return first
  const answer =
    request.pages === undefined
      ? made(first.status, first.body)
      : await readOn(sending, { ...request, pages: request.pages }, parts, first)
  return answer.kind === 'made' ? holds(sending.action, request, answer, bindings) : answer
}

/** Some products say in the body that they did not do it, under a status that says they did. */
function holds(
  action: ActionSpec,
  request: RequestSpec,
  made: Extract<Made, { kind: 'made' }>,
  bindings: Bindings,
): Made {
  const { id, ok } = request
  if (ok === undefined) return made
  const { requests } = bindings
  const seen = Object.assign(newMap(), isMap(requests) ? requests : {}, { [id]: made.answer })
  const verdict = evaluateCondition(ok, { ...bindings, requests: seen })
  // An answer that cannot be judged, to a request that changed something or did not.
  if (verdict.kind === 'failed')
    return { ...unfilled('ok', verdict), kind: isRepeatable(action, request) ? 'failed' : 'unknown' }
  if (verdict.value === true) return made
  const { status, body } = made.answer
  const message = `answered ${JSON.stringify(status)}, and says in the body that it was not done: ${excerpt(JSON.stringify(body))}`
  return { kind: 'failed', code: 'refused-in-body', message }
}

interface Read {
  readonly kind: 'read'
  readonly status: number
  readonly body: Json
  readonly link: string | undefined
  readonly bytes: number
}

type Paged = RequestSpec & { readonly pages: NonNullable<RequestSpec['pages']> }

async function readOn(sending: Sending, request: Paged, parts: RequestParts, first: Read): Promise<Made> {
  const { pages } = request
  const { connection } = sending.call
  const bad = (message: string): Made => ({ kind: 'failed', code: 'bad-answer', message })
  const all: Json[] = []
  const asked = new Set([keyOf(parts)])
  let bytes = 0
  let [here, answer] = [parts, first]
  for (let page = 1; ; page++) {
    const items = itemsOf(answer.body, pages)
    if (items === undefined) return bad(`answered ${answer.status}, but there is no list at \`${pages.items}\``)
    all.push(...items)
    bytes += answer.bytes
    if (bytes > caps.pagesBytes)
      return { kind: 'failed', code: 'answer-too-large', message: 'the pages together are larger than we read' }
    const next = nextPage(pages, { parts: here, connection }, answer, { read: all.length, page, inPage: items.length })
    if (next.kind === 'bad') return bad(next.message)
    const more = next.kind === 'next'
    if (!more || page === pages.most) return made(first.status, withItems(first.body, pages, all), more)
    if (page === caps.pages)
      return { kind: 'failed', code: 'answer-too-large', message: `there are more than ${caps.pages} pages` }
    // A vendor that leads in a circle would be asked until the time is over.
    if (asked.has(keyOf(next.parts))) return bad('the next page is one that was read already')
    asked.add(keyOf(next.parts))
    const read = await exchange(sending, request, next.parts)
    if (read.kind !== 'read') return read
    ;[here, answer] = [next.parts, read]
  }
}

function keyOf({ path, query }: RequestParts): string {
  return JSON.stringify([path, query])
}

function made(status: number, body: Json, more?: boolean): Made {
  return { kind: 'made', answer: Object.assign(newMap(), { status, body }, more === undefined ? {} : { more }) }
}

async function exchange(sending: Sending, request: RequestSpec, parts: RequestParts): Promise<Read | Ending> {
  const { call, action, auth, deadline, now, traces } = sending
  const started = now()
  const answer = await call.egress.send({
    ...parts,
    connection: call.connection,
    method: request.method,
    headers: { ...parts.headers, ...keyHeader(request, call.idempotencyKey) },
    sandboxHeaders: {
      'x-headwater-idempotency-key': call.idempotencyKey,
      'x-headwater-request': `${action.action}/${request.id}`,
    },
    auth,
    secret: call.secret,
    sandbox: call.sandbox === true,
    timeoutMs: deadline - started,
    repeatable: isRepeatable(action, request),
  })
  const status = answer.kind === 'answered' || answer.kind === 'too-large' ? answer.status : 0
  traces.push({ method: request.method, url: answer.url, status, ms: Math.round(now() - started) })
  const reading = readingOf(answer, action, request, now())
  if (reading.kind !== 'read') return reading
  const [link, bytes] = answer.kind === 'answered' ? [answer.link, Buffer.byteLength(answer.text)] : [undefined, 0]
  return { kind: 'read', status, body: reading.body, link, bytes }
}

/** A server that fails so may have done what it was asked before it failed. */
const mayHaveActed: ReadonlySet<number> = new Set([500, 502, 504])

function readingOf(answer: VendorAnswer, action: ActionSpec, request: RequestSpec, now: number): Reading {
  switch (answer.kind) {
    case 'answered': {
      const reading = readAnswer(answer, request, action.errors, now)
      const isSaid = action.errors?.some((entry) => entry.status === answer.status)
      if (reading.kind !== 'retry' || isSaid || !mayHaveActed.has(answer.status) || isRepeatable(action, request))
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
      return { kind: isRepeatable(action, request) ? 'retry' : 'unknown', code: answer.code, message: answer.message }
  }
}

function isRepeatable(action: ActionSpec, request: RequestSpec): boolean {
  return action.idempotent === true || request.method === 'GET'
}

function keyHeader({ idempotencyHeader }: RequestSpec, key: string): Record<string, string> {
  return idempotencyHeader === undefined ? {} : { [idempotencyHeader]: key }
}
