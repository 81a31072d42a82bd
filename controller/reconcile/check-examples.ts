import { Ajv2020 } from 'ajv/dist/2020.js'
import { type Fleet, isUnreadable } from '../core/desired/fleet.ts'
import type { Connector } from '../core/model/generated/kinds.ts'
import { type Problem, problem } from '../core/model/problems.ts'
import { type Json, type JsonMap, newMap } from '../core/model/values.ts'
import { type Bindings, evaluateCondition } from '../core/run/expressions.ts'
import { type RequestSpec, renderFields } from '../io/connectors/render-request.ts'
import { sampleOf } from './sample-input.ts'

type Offer = Connector['spec']['actions'][number]

/** Whether the recorded examples of each connector make an output that fits the schema of the action. */
export function checkExamples(fleet: Fleet): Problem[] {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false })
  const found: Problem[] = []
  for (const connector of fleet.connectors.values()) {
    if (isUnreadable(connector)) continue
    const { actions, settings = {} } = connector.resource.spec
    const connection = { settings: Object.fromEntries(Object.keys(settings).map((name) => [name, 'example'])) }
    for (const offer of actions) {
      const action = fleet.actions.get(offer.action)
      if (!action || isUnreadable(action)) continue
      const { input, output } = action.resource.spec
      const faultOf = (made: Json): string | undefined => {
        const fits = ajv.compile(output)
        return fits(made) ? undefined : ajv.errorsText(fits.errors, { dataVar: 'output' })
      }
      for (const { where, message } of faultsOf(offer, { input: sampleOf(input, 'required'), connection }, faultOf))
        found.push(
          problem('wrong-value', message, {
            place: { file: connector.file, line: 1, column: 1 },
            path: `/spec/actions/[action=${offer.action}]${where}`,
          }),
        )
    }
  }
  return found
}

function* faultsOf(
  offer: Offer,
  given: Bindings,
  faultOf: (made: Json) => string | undefined,
): Generator<{ where: string; message: string }> {
  const { requests, output, lookup } = offer
  const made = [{ where: '/output', requests, output }]
  if (lookup) made.push({ where: '/lookup/output', requests: lookup.requests, output: lookup.output })
  for (const { where, requests: asked, output: fields } of made) {
    const rendered = renderFields(fields, 'output', { ...given, key: 'run/step', requests: answersOf(asked, given) })
    const fault = rendered.kind === 'failed' ? rendered.message : faultOf(rendered.map)
    if (fault !== undefined) yield { where, message: `the recorded examples do not make the output: ${fault}` }
  }
}

/** What each request was answered when it was recorded; those that `if` leaves out for this input are not there. */
function answersOf(requests: readonly RequestSpec[], given: Bindings): JsonMap {
  const answers = newMap()
  for (const { id, if: condition, example, pages } of requests) {
    const wanted = condition && evaluateCondition(condition, { ...given, key: 'run/step', requests: answers })
    if (wanted && wanted.kind === 'rendered' && wanted.value === false) continue
    answers[id] = { status: example.status, body: example.body ?? null, ...(pages && { more: false }) }
  }
  return answers
}
