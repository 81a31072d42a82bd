import { formatPath, type Path } from '../merge/path.ts'
import type { Workflow } from '../model/generated/kinds.ts'
import { type Problem, problem, warning } from '../model/problems.ts'
import { get, type Json, newMap } from '../model/values.ts'
import { didYouMean } from './check-inputs.ts'
import { holdsExpression } from './expression-places.ts'
import { idleKeywords, type Misfit, misfitOf } from './value-schema.ts'

type Trigger = NonNullable<Workflow['spec']['triggers']>[number]

/** What the schemas of a workflow say about each other, about its outputs, and what nobody would look at. */
export function checkSchemas({ inputs, outputs = newMap(), outputSchema }: Workflow['spec']): Problem[] {
  const problems = [...idleIn('inputs', inputs), ...idleIn('outputSchema', outputSchema)]
  for (const [name, rules] of Object.entries(inputs?.properties ?? {})) {
    const value = get(rules, 'default')
    const misfit = value === undefined ? undefined : misfitOf(rules, value)
    if (misfit)
      problems.push(at('wrong-value', `Its default ${misfit.what}.`, ['spec', 'inputs', 'properties', name, 'default']))
  }
  if (outputSchema === undefined) return problems
  const names = Object.keys(outputSchema.properties)
  for (const [name, value] of Object.entries(outputs)) {
    const path: Path = ['spec', 'outputs', name]
    const rules = get(outputSchema.properties, name)
    if (rules === undefined) {
      problems.push(at('unknown-field', `outputSchema has no output ${name}${didYouMean(name, names)}.`, path))
      continue
    }
    const misfit = misfitOfWritten(rules, value)
    if (misfit) problems.push(at('wrong-value', `Output ${name} ${misfit.what}.`, path))
  }
  for (const name of outputSchema.required ?? []) {
    const path: Path = ['spec', 'outputSchema', 'required']
    if (!names.includes(name))
      problems.push(at('unknown-field', `outputSchema has no output ${name}${didYouMean(name, names)}.`, path))
    else if (get(outputs, name) === undefined)
      problems.push(at('missing-field', `Output ${name} is required, and \`outputs\` has none.`, path))
  }
  return problems
}

/** What a trigger gives its runs: a run that lacks an input is refused when its alert is there, and nobody looks. */
export function checkTriggerInputs(
  { inputs: schema }: Workflow['spec'],
  { id, type, inputs = newMap() }: Trigger,
): Problem[] {
  const path: Path = ['spec', 'triggers', { id }]
  const properties = schema?.properties ?? {}
  const missing = (type === 'manual' ? [] : (schema?.required ?? [])).filter(
    (name) => get(inputs, name) === undefined && get(properties[name] ?? newMap(), 'default') === undefined,
  )
  return [
    ...missing.map((name) => at('missing-field', `Trigger ${id} gives no input ${name}, which is required.`, path)),
    ...Object.entries(inputs).flatMap(([name, value]) => {
      const misfit = misfitOfWritten(properties[name] ?? null, value)
      return misfit ? [at('wrong-value', `Input ${name} ${misfit.what}.`, [...path, 'inputs', name])] : []
    }),
  ]
}

/** How a value does not fit as it is written. What an expression gives is known when the run gets there, and checked then. */
export function misfitOfWritten(schema: Json, value: Json): Misfit | undefined {
  return holdsExpression(value) ? undefined : misfitOf(schema, value)
}

function idleIn(field: 'inputs' | 'outputSchema', schema: Workflow['spec']['inputs']): Problem[] {
  return Object.entries(schema?.properties ?? {}).flatMap(([name, rules]) =>
    [...new Set(idleKeywords(rules))].map((keyword) =>
      warning('unknown-field', `Nobody looks at \`${keyword}\` of ${name}.`, {
        path: formatPath(['spec', field, 'properties', name]),
      }),
    ),
  )
}

function at(code: 'unknown-field' | 'wrong-value' | 'missing-field', message: string, path: Path): Problem {
  return problem(code, message, { path: formatPath(path) })
}
