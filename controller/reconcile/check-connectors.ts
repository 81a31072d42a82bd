import { type Fleet, isUnreadable } from '../core/desired/fleet.ts'
import type { Connector } from '../core/model/generated/kinds.ts'
import { type Problem, problem } from '../core/model/problems.ts'
import { suggestName } from '../core/model/suggest-name.ts'
import { newMap } from '../core/model/values.ts'
import { checkExpressions } from '../core/run/expressions.ts'

type Offer = Connector['spec']['actions'][number]

/** What can be said of connectors without calling a vendor: their actions exist, their expressions can be read, nothing is missing. */
export function checkConnectors(fleet: Fleet): Problem[] {
  const found: Problem[] = []
  for (const connector of fleet.connectors.values()) {
    if (isUnreadable(connector)) continue
    found.push(...authFaults(connector.resource.spec.auth, connector.file))
    for (const offer of connector.resource.spec.actions) {
      const path = `/spec/actions/[action=${offer.action}]`
      const at = (below: string) => ({ place: { file: connector.file, line: 1, column: 1 }, path: `${path}${below}` })
      const action = fleet.actions.get(offer.action)
      if (!action) {
        const near = suggestName(offer.action, [...fleet.actions.keys()])
        found.push(
          problem('unknown-action', `the action \`${offer.action}\` is not declared`, {
            ...at(''),
            ...(near !== undefined && { hint: `did you mean \`${near}\`?` }),
          }),
        )
      } else if (!isUnreadable(action)) {
        const required = (action.resource.spec.output['required'] ?? []) as readonly string[]
        for (const name of required) {
          if (!(name in offer.output))
            found.push(
              problem(
                'missing-field',
                `\`${offer.action}\` promises the output \`${name}\`, which is not made here`,
                at('/output'),
              ),
            )
        }
      }
      for (const { where, message } of expressionFaults(offer))
        found.push(problem('bad-expression', message, at(where)))
      for (const { code, where, message } of requestFaults(offer)) found.push(problem(code, message, at(where)))
    }
  }
  return found
}

type Request = Offer['requests'][number]

function allRequests({ requests, lookup }: Offer): [list: string, request: Request][] {
  const own = requests.map((request): [string, Request] => ['/requests', request])
  return [...own, ...(lookup?.requests ?? []).map((request): [string, Request] => ['/lookup/requests', request])]
}

/** What is asked again and again, or only to look, must change nothing; and pages need what they are asked for with. */
function* requestFaults(
  offer: Offer,
): Generator<{ code: 'missing-field' | 'wrong-value'; where: string; message: string }> {
  for (const [list, { id, method, pages }] of allRequests(offer)) {
    const where = `${list}/[id=${id}]`
    if (method !== 'GET' && list.startsWith('/lookup'))
      yield { code: 'wrong-value', where: `${where}/method`, message: 'a lookup only reads: its requests are GET' }
    if (!pages) continue
    if (method !== 'GET')
      yield { code: 'wrong-value', where: `${where}/pages`, message: 'only the answer of a GET can come in pages' }
    for (const field of pageNeeds[pages.by])
      if (pages[field] === undefined)
        yield { code: 'missing-field', where: `${where}/pages`, message: `pages by \`${pages.by}\` need \`${field}\`` }
  }
}

const pageNeeds = {
  link: [],
  cursor: ['next', 'parameter'],
  page: ['parameter', 'size'],
  offset: ['parameter', 'size'],
} as const

const wantedBy = { header: 'header', query: 'parameter', oauth2: 'tokenUrl' } as const

function authFaults(auth: Connector['spec']['auth'], file: string): Problem[] {
  const where = { place: { file, line: 1, column: 1 }, path: '/spec/auth' }
  const wanted = auth.scheme in wantedBy ? wantedBy[auth.scheme as keyof typeof wantedBy] : undefined
  const missing =
    wanted !== undefined && auth[wanted] === undefined
      ? [problem('missing-field', `the scheme \`${auth.scheme}\` needs \`${wanted}\``, where)]
      : []
  const wrong = checkExpressions([auth.tokenUrl ?? '', auth.scope ?? ''], ['connection'])
  return [...missing, ...wrong.map(({ message }) => problem('bad-expression', message, where))]
}

function* expressionFaults(offer: Offer): Generator<{ where: string; message: string }> {
  const roots = ['input', 'connection', 'requests', 'key']
  for (const [list, request] of allRequests(offer)) {
    const { id, path, query = newMap(), headers = {}, body = null, if: condition = '', ok = '' } = request
    for (const [name, value] of Object.entries({ path, query, headers, body, if: condition, ok })) {
      for (const { message } of checkExpressions(value, roots)) yield { where: `${list}/[id=${id}]/${name}`, message }
    }
  }
  const { output, lookup } = offer
  const last = lookup && { '/lookup/found': lookup.found, '/lookup/output': lookup.output }
  for (const [where, value] of Object.entries({ '/output': output, ...last }))
    for (const { message } of checkExpressions(value, roots)) yield { where, message }
}
