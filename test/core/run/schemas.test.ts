import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { toValue } from '../../../controller/core/model/values.ts'
import { checkWorkflow } from '../../../controller/core/run/check-workflow.ts'
import { misfitOf } from '../../../controller/core/run/value-schema.ts'
import { endOf, play } from './play.ts'
import { workflowOf } from './scenario.ts'

describe('a value and its schema', () => {
  const table: [schema: string, value: string, misfit: string | undefined][] = [
    ['{ type: string }', 'x', undefined],
    ['{ type: string }', '7', ' must be of type string, and is integer'],
    ['{ type: [string, "null"] }', 'null', undefined],
    ['{ type: number }', '7', undefined],
    // What an expression sees as a double is not whole.
    ['{ type: integer }', '1e300', ' must be of type integer, and is number'],
    ['{ const: 7 }', '8', ' must be 7'],
    ['{ minLength: 2, maxLength: 3 }', 'x', ' must be at least 2 characters, and is 1'],
    ['{ minLength: 2, maxLength: 3 }', 'xxxx', ' must be at most 3 characters, and is 4'],
    ['{ maxLength: 1 }', '👍', undefined],
    ['{ minimum: 1, maximum: 3 }', '0', ' must be at least 1, and is 0'],
    ['{ minItems: 1 }', '[]', ' must be at least 1 items, and is 0'],
    ['{ type: array, items: { type: string } }', '[a, 7]', '/1 must be of type string, and is integer'],
    [
      '{ properties: { a: { items: { type: string } } } }',
      '{ a: [b, 1] }',
      '/a/1 must be of type string, and is integer',
    ],
    ['{ required: [a], properties: { a: {} } }', '{ b: 1 }', ' must have a'],
    ['{ additionalProperties: false, properties: { a: {} } }', '{ a: 1, b: 1 }', ' must not have b'],
    ['{ properties: { a: {} } }', '{ constructor: 1 }', undefined],
    ['{ pattern: "(a+)+$" }', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', undefined],
  ]
  it.each(table)('%s and %s', (schema, value, expected) => {
    const misfit = misfitOf(toValue(parse(schema)), toValue(parse(value)))
    expect(misfit && `${misfit.at} ${misfit.what}`).toBe(expected)
  })
})

describe('outputs of a run', () => {
  const workflow = (outputs: string) => `
steps: [{ id: a, set: { count: 7 } }]
outputSchema: { required: [count], properties: { count: { type: integer, maximum: 10 }, hosts: { type: array, items: { type: string } } } }
outputs: ${outputs}
`
  it.each([
    [`{ count: '\${{ steps.a.outputs.count }}' }`, 'succeeded'],
    [`{ count: '\${{ steps.a.outputs.count }}', hosts: '\${{ ["h1"] }}' }`, 'succeeded'],
    [
      `{ count: '\${{ steps.a.outputs.count * 2 }}' }`,
      'failed bad-outputs at run: Output count must be at most 10, and is 14.',
    ],
    [
      `{ count: '\${{ 1 }}', hosts: '\${{ [1] }}' }`,
      'failed bad-outputs at run: Output hosts at /0 must be of type string, and is integer.',
    ],
  ])('%s: %s', (outputs, end) => {
    expect(endOf(play(workflow(outputs)))).toBe(end)
  })

  it.each([
    [`{ count: 7 }`, []],
    [`{ count: many }`, ['wrong-value /spec/outputs/count Output count must be of type integer, and is string.']],
    [
      `{ cuont: 7 }`,
      [
        'unknown-field /spec/outputs/cuont outputSchema has no output cuont; did you mean count.',
        'missing-field /spec/outputSchema/required Output count is required, and `outputs` has none.',
      ],
    ],
  ])('%s is checked before anything runs', (outputs, problems) => {
    expect(
      checkWorkflow(workflowOf(workflow(outputs))).map(({ code, path, message }) => `${code} ${path} ${message}`),
    ).toEqual(problems)
  })
})

describe('schemas of a workflow', () => {
  const problemsOf = (inputs: string) =>
    checkWorkflow(workflowOf(`inputs: ${inputs}\nsteps: [{ id: a, set: {} }]`)).map(
      ({ severity, path, message }) => `${severity} ${path} ${message}`,
    )

  it('say what nobody looks at, once and without stopping anybody', () => {
    expect(
      problemsOf('{ properties: { host: { type: string, pattern: "^h" }, all: { type: array, items: { $ref: x } } } }'),
    ).toEqual([
      'warning /spec/inputs/properties/host Nobody looks at `pattern` of host.',
      'warning /spec/inputs/properties/all Nobody looks at `$ref` of all.',
    ])
  })

  it('have defaults that fit them', () => {
    expect(problemsOf('{ properties: { n: { type: integer, default: many } } }')).toEqual([
      'error /spec/inputs/properties/n/default Its default must be of type integer, and is string.',
    ])
  })
})

describe('what a trigger gives its runs', () => {
  const problemsOf = (trigger: string) =>
    checkWorkflow(
      workflowOf(`
triggers: [{ id: t, ${trigger} }]
inputs: { required: [host, mode], properties: { host: { type: string }, mode: { type: string, default: soft }, n: { type: integer } } }
steps: [{ id: a, set: {} }]`),
    ).map(({ code, path, message }) => `${code} ${path} ${message}`)
  const alert = `type: alert, match: '\${{ true }}'`

  it.each([
    [`${alert}, inputs: { host: '\${{ trigger.alert.host }}', n: 7 }`, []],
    [alert, ['missing-field /spec/triggers/[id=t] Trigger t gives no input host, which is required.']],
    [
      `${alert}, inputs: { host: h1, n: many }`,
      ['wrong-value /spec/triggers/[id=t]/inputs/n Input n must be of type integer, and is string.'],
    ],
    // Whoever starts it by hand gives the rest.
    ['type: manual', []],
  ])('%s', (trigger, problems) => {
    expect(problemsOf(trigger)).toEqual(problems)
  })
})
