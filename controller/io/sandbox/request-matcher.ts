import { distance } from 'fastest-levenshtein'
import type { Connector } from '../../core/model/generated/kinds.ts'
import { isList, isMap, type Json } from '../../core/model/values.ts'
import { hasExpression, piecesOf } from '../../core/run/expression-text.ts'

export type Connectors = ReadonlyMap<string, Connector['spec']>

/** A request that some connector makes, ready to be compared with what comes in. */
export interface Known {
  readonly connector: string
  readonly action: string
  readonly spec: Connector['spec']['actions'][number]['requests'][number]
  readonly segments: readonly Segment[]
}

interface Segment {
  readonly pattern: RegExp
  readonly literal: boolean
}

export interface Seen {
  readonly method: string
  /** Without the connector's name, as it came. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Json | undefined
  /** `action/request`, where the sender says it. */
  readonly hint: string | undefined
}

export function knownRequests(connectors: Connectors): Known[] {
  return [...connectors].flatMap(([connector, { actions }]) =>
    actions.flatMap(({ action, requests, lookup }) =>
      [...requests, ...(lookup?.requests ?? [])].map((spec) => ({
        connector,
        action,
        spec,
        segments: segmentsOf(spec.path),
      })),
    ),
  )
}

/** The request that fits best: more literal path, then fewer segments of a base path, then literal query and body, then the sender's hint. */
export function matchRequest(known: readonly Known[], connector: string, seen: Seen): Known | undefined {
  let best: { known: Known; score: readonly number[] } | undefined
  for (const candidate of known) {
    if (candidate.connector !== connector || candidate.spec.method !== seen.method) continue
    const score = scoreOf(candidate, seen)
    if (score !== undefined && (best === undefined || isHigher(score, best.score))) best = { known: candidate, score }
  }
  return best?.known
}

/** For the answer to a path that nobody knows: `METHOD path` of the known request that is written most alike. */
export function nearestRequest(known: readonly Known[], connector: string, seen: Seen): string | undefined {
  const own = known.filter((candidate) => candidate.connector === connector)
  const wanted = `${seen.method} ${seen.path}`
  let nearest: { text: string; apart: number } | undefined
  for (const { spec } of own.length > 0 ? own : known) {
    const text = `${spec.method} ${spec.path}`
    const apart = distance(wanted, text)
    if (nearest === undefined || apart < nearest.apart) nearest = { text, apart }
  }
  return nearest?.text
}

function segmentsOf(path: string): Segment[] {
  const cut = piecesOf(path)
  const pieces = cut.kind === 'pieces' ? cut.pieces : []
  const template = pieces.map((piece) => (piece.kind === 'text' ? piece.text : '\0')).join('')
  return template
    .slice(1)
    .split('/')
    .map((segment) => ({
      pattern: new RegExp(`^${segment.split('\0').map(escaped).join('.+')}$`),
      literal: !segment.includes('\0'),
    }))
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

function scoreOf({ action, spec, segments }: Known, seen: Seen): number[] | undefined {
  const parts = seen.path.slice(1).split('/')
  const base = parts.length - segments.length
  if (base < 0 || !segments.every(({ pattern }, index) => pattern.test(parts[base + index] ?? ''))) return undefined
  let literals = 0
  for (const [name, value] of Object.entries(spec.query ?? {})) {
    if (!isLiteral(value)) continue
    if (!seen.query.getAll(name).includes(String(value))) return undefined
    literals++
  }
  const hinted = seen.hint === `${action}/${spec.id}` ? 1 : 0
  const literalSegments = segments.filter(({ literal }) => literal).length
  return [literalSegments, -base, literals + bodyScore(spec.body, seen.body), hinted]
}

/** Literal leaves of the body that agree count for a request, those that differ count heavily against it. */
function bodyScore(template: Json | undefined, body: Json | undefined): number {
  if (template === undefined) return 0
  if (isMap(template)) {
    const fields = isMap(body) ? body : {}
    return Object.entries(template).reduce((sum, [key, value]) => sum + bodyScore(value, fields[key]), 0)
  }
  if (isList(template)) {
    const items = isList(body) ? body : []
    return template.reduce<number>((sum, value, index) => sum + bodyScore(value, items[index]), 0)
  }
  if (!isLiteral(template)) return 0
  return template === body ? 1 : -10
}

function isLiteral(value: Json): value is string | number | boolean {
  return typeof value === 'string' ? !hasExpression(value) : typeof value === 'number' || typeof value === 'boolean'
}

function isHigher(a: readonly number[], b: readonly number[]): boolean {
  for (const [index, value] of a.entries()) if (value !== b[index]) return value > (b[index] ?? 0)
  return false
}
