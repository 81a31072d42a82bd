import type { Connector } from '../../core/model/generated/kinds.ts'
import { isList, isMap, type Json, type JsonMap, newMap } from '../../core/model/values.ts'
import { type Bindings, interpolated, type Rendered, renderPieces, renderValue } from '../../core/run/expressions.ts'

export type ActionSpec = Connector['spec']['actions'][number]
export type RequestSpec = ActionSpec['requests'][number]

export type Failure = { readonly kind: 'failed'; readonly code: string; readonly message: string }

export interface RequestParts {
  readonly kind: 'rendered'
  readonly path: string
  readonly query: readonly (readonly [string, string])[]
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** Set by the gate or by HTTP itself. */
const ownHeaders = new Set([
  'host',
  'authorization',
  'connection',
  'content-length',
  'transfer-encoding',
  'cookie',
  'upgrade',
  'expect',
  'te',
])

/** The parts of a request with their expressions rendered, or the field that cannot be filled. */
export function renderRequest(spec: RequestSpec, bindings: Bindings): RequestParts | Failure {
  const path = renderPath(spec.path, bindings)
  if (path.kind === 'failed') return path
  const query = renderFields(spec.query ?? {}, `query`, bindings)
  if (query.kind === 'failed') return query
  const headers = renderFields(spec.headers ?? {}, `headers`, bindings)
  if (headers.kind === 'failed') return headers
  const refused = Object.keys(headers.map).find((name) => ownHeaders.has(name.toLowerCase()))
  if (refused !== undefined)
    return { kind: 'failed', code: 'bad-header', message: `the header \`${refused}\` is not for a connector to set` }
  const broken = Object.entries(headers.map).find(([, value]) => /[^\t\x20-\x7e\x80-\xff]/.test(text(value)))
  if (broken !== undefined)
    return {
      kind: 'failed',
      code: 'bad-header',
      message: `the header \`${broken[0]}\` has a character that headers cannot hold`,
    }
  const body = renderBody(spec.body, bindings)
  if (body.kind === 'failed') return body
  return {
    kind: 'rendered',
    path: path.path,
    query: Object.entries(query.map).flatMap(([name, value]) => pairs(name, value)),
    headers: Object.fromEntries(
      Object.entries(headers.map)
        .filter(present)
        .map(([name, value]) => [name, text(value)]),
    ),
    body: body.value === undefined ? undefined : JSON.stringify(body.value),
  }
}

/** Fields of a map one by one, so that a failure names its field. */
export function renderFields(
  map: JsonMap,
  where: string,
  bindings: Bindings,
): { kind: 'fields'; map: JsonMap } | Failure {
  const fields = newMap()
  for (const [name, value] of Object.entries(map)) {
    const rendered = renderValue(value, bindings)
    if (rendered.kind === 'failed') return unfilled(`${where}.${name}`, rendered)
    fields[name] = rendered.value
  }
  return { kind: 'fields', map: fields }
}

export function unfilled(field: string, { expression, message }: Extract<Rendered, { kind: 'failed' }>): Failure {
  const code = message.startsWith('there is no') ? 'missing-value' : 'bad-expression'
  return { kind: 'failed', code, message: `\`${field}\` cannot be filled: ${message} (in \`${expression}\`)` }
}

/** The way in with its expressions rendered: only the address and the scope of tokens have any. */
export function renderAuth(
  auth: Connector['spec']['auth'],
  bindings: Bindings,
): { kind: 'auth'; auth: Connector['spec']['auth'] } | Failure {
  if (auth.tokenUrl === undefined) return { kind: 'auth', auth }
  const url = renderPath(auth.tokenUrl, bindings)
  if (url.kind === 'failed') return { ...url, message: url.message.replace('`path`', '`auth.tokenUrl`') }
  const scope = auth.scope === undefined ? undefined : renderValue(auth.scope, bindings)
  if (scope?.kind === 'failed') return unfilled('auth.scope', scope)
  return { kind: 'auth', auth: { ...auth, tokenUrl: url.path, ...(scope && { scope: text(scope.value) }) } }
}

function renderPath(template: string, bindings: Bindings): { kind: 'path'; path: string } | Failure {
  let empty = false
  const rendered = renderPieces(template, bindings, (value) => {
    const part = interpolated(value)
    // `/users/` and `/users/42` are different resources: an empty value would act on the list.
    empty ||= part === ''
    return encodeURIComponent(part.toWellFormed())
  })
  if (rendered.kind === 'failed') return unfilled('path', rendered)
  if (empty)
    return { kind: 'failed', code: 'missing-value', message: '`path` cannot be filled: a value in it is empty' }
  return { kind: 'path', path: text(rendered.value) }
}

function renderBody(body: Json | undefined, bindings: Bindings): { kind: 'body'; value: Json | undefined } | Failure {
  if (body === undefined) return { kind: 'body', value: undefined }
  if (isMap(body)) {
    const fields = renderFields(body, 'body', bindings)
    return fields.kind === 'failed' ? fields : { kind: 'body', value: fields.map }
  }
  const rendered = renderValue(body, bindings)
  return rendered.kind === 'failed' ? unfilled('body', rendered) : { kind: 'body', value: rendered.value }
}

/** Null leaves a parameter out, a list repeats it. */
function pairs(name: string, value: Json): [string, string][] {
  if (isList(value)) return value.map((item) => [name, text(item)])
  return value === null ? [] : [[name, text(value)]]
}

function present([, value]: [string, Json]): boolean {
  return value !== null
}

function text(value: Json): string {
  return interpolated(value)
}
