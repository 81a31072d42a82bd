import { formatPath, type Path } from '../merge/path.ts'
import type { Workflow } from '../model/generated/kinds.ts'
import { type Problem, problem, warning } from '../model/problems.ts'
import { get, isMap, newMap } from '../model/values.ts'
import { didYouMean } from './check-inputs.ts'
import { expressionTexts } from './expression-places.ts'
import { idleKeywords, misfitOf } from './value-schema.ts'

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
    // What an expression gives is known when the run ends, and checked then.
    const misfit = expressionTexts(value).length > 0 || !isMap(rules) ? undefined : misfitOf(rules, value)
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
