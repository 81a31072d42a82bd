import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Action, Workflow } from '../../../controller/core/model/generated/kinds.ts'
import { locatedDocument } from '../../../controller/core/model/locate.ts'
import { toValue } from '../../../controller/core/model/values.ts'
import { checkTypes } from '../../../controller/core/run/check-types.ts'
import { checkWorkflowSpec } from '../../../controller/reconcile/check-workflow-spec.ts'

const declared = (text: string) => toValue(parse(text))

const actions: Readonly<Record<string, Action['spec']>> = {
  search_logs: declared(`
    title: Search
    effect: read
    input: { required: [value], properties: { value: { type: string }, hours: { type: integer }, hosts: { type: array, items: { type: string } }, filter: { type: object, properties: { host: { type: string } } } } }
    output: { type: object, properties: { count: { type: integer }, hosts: { type: array, items: { type: string } }, score: { type: number }, user: { type: object, additionalProperties: false, properties: { name: { type: string } } } } }`) as never,
  notify_team: declared(`
    title: Tell
    effect: contain
    input: { properties: { channel: { type: string }, title: { type: string }, text: { type: string }, severity: { enum: [info, warning] } } }
    output: { type: object, properties: { message: { type: string } } }`) as never,
}
const inner = declared(`
version: 1.0.0
title: inner
inputs: { required: [host], properties: { host: { type: string }, hard: { type: boolean } } }
outputSchema: { properties: { ticket: { type: integer } } }
steps: [{ id: a, set: {} }]
outputs: { ticket: 7 }`) as unknown as Workflow['spec']
const around = {
  actionOf: (name: string) => actions[name],
  calleeOf: (name: string) => (name === 'inner' ? inner : undefined),
}

/** Problems of a workflow as `severity line:column message`; the lines are those of the text that is given. */
function problemsOf(text: string): string[] {
  const document = `spec:\n${text.trim().replace(/^/gm, '  ')}\n`
  const { spec } = toValue(parse(document)) as unknown as { spec: Workflow['spec'] }
  const { nearest } = locatedDocument('workflow.yaml', document)
  return checkTypes(spec, around).map(({ severity, code, message, path = '', mark }) => {
    expect(code).toBe('wrong-type')
    const { line, column } = nearest(path, mark)
    return `${severity} ${line - 1}:${column - 2} ${message}`
  })
}

const inputs = `inputs: { properties: { count: { type: integer }, ratio: { type: number }, name: { type: string }, list: { type: array, items: { type: string } }, on: { type: boolean }, user: { type: object, additionalProperties: false, properties: { login: { type: string } } }, any: {}, level: { enum: [low, 7] } } }`

/** What is said of an expression as the only value of a step. */
const saidOf = (expression: string) =>
  problemsOf(`${inputs}\nsteps:\n- id: a\n  set:\n    x: ${JSON.stringify(`\${{ ${expression} }}`)}`).map((problem) =>
    problem.replace(/^(\w+) \d+:\d+ /, '$1 '),
  )

describe('an expression that fails whatever the data are', () => {
  test.each([
    ["inputs.count + 'a'", '`+` cannot be applied to (int, string)'],
    ['size(5)', '`size` cannot be applied to (int)'],
    ["1 < 'a'", '`<` cannot be applied to (int, string)'],
    ['!inputs.name', '`!` cannot be applied to (string)'],
    ['-inputs.name', '`-` cannot be applied to (string)'],
    ["inputs.list.startsWith('x')", '`startsWith` cannot be applied to (list, string)'],
    ['inputs.name.trim(1)', '`trim` cannot be applied to (string, int)'],
    ['inputs.count / 2.0', '`/` cannot be applied to (int, double): make one of them the other with double() or int()'],
    ['inputs.ratio % 2.0', '`%` cannot be applied to (int or double, double)'],
    ['inputs.level + true', '`+` cannot be applied to (int or string, bool)'],
    ['inputs.count in inputs.name', '`in` cannot be applied to (int, string)'],
    ['inputs.count ? 1 : 2', '`? :` needs true or false, and this is of type int'],
    ['inputs.count && inputs.name', '`&&` needs true or false, and this is of type int'],
    ['inputs.count.exists(x, x)', 'this is gone through as a list or map, and is of type int'],
    ['inputs.name.first', 'there is no field `first`: this is of type string'],
    ['inputs.user.lgoin', 'there is no field `lgoin`; did you mean login'],
    ["{'a': 1}.other", 'there is no field `other`'],
    ["inputs.list['a']", 'there is no field `a`: this is of type list'],
    ['inputs.name[0]', 'nothing in string stands at a key of type int'],
    ['[][0]', 'the list is empty'],
    ['{[1]: 2}', 'a key cannot be of type list'],
    ['inputs.list[0] + 1', '`+` cannot be applied to (string, int)'],
    ['inputs.list.map(l, size(l))[0] + "a"', '`+` cannot be applied to (int, string)'],
    ['(inputs.list + [1])[0] + true', '`+` cannot be applied to (int or string, bool)'],
    ["timestamp(inputs.name).getHours() + 'h'", '`+` cannot be applied to (int, string)'],
    ['tenant.path + 1', '`+` cannot be applied to (string, int)'],
    ["tenant.tags['tier'] + 1", '`+` cannot be applied to (string, int)'],
    ['run.trigger.kind > 3', '`>` cannot be applied to (string, int)'],
  ])('%s', (expression, message) => {
    expect(saidOf(expression)[0]).toBe(`error ${message}`)
  })
})

describe('a part that fails where it is reached is a warning', () => {
  test.each([
    ["inputs.on ? inputs.count + 'a' : 'b'", '`+` cannot be applied to (int, string)'],
    ['inputs.on && inputs.count', '`&&` needs true or false, and this is of type int'],
    ['inputs.list.exists(l, l > 1)', '`>` cannot be applied to (string, int)'],
    ["has(inputs.name) ? inputs.name + 1 : ''", '`+` cannot be applied to (string, int)'],
  ])('%s', (expression, message) => {
    expect(saidOf(expression)).toEqual([`warning ${message}`])
  })
})

describe('nothing is said of', () => {
  test.each([
    'inputs.any + 1',
    'dyn(inputs.count) + "a"',
    'inputs.count == inputs.name',
    'inputs.count < 1.5',
    'inputs.ratio + 1',
    'inputs.ratio / 2.0',
    'inputs.level + "a"',
    'has(inputs.user.nobody)',
    'inputs.list.map(l, size(l)).exists(n, n > 2)',
    'inputs.list.filter(l, l != "")[0] + "a"',
    'tenant.values.size + 1',
    "inputs.name in tenant.values.names || tenant.values.names['x']",
    'timestamp(inputs.name) - duration("5s") < timestamp("2026-01-01T00:00:00Z")',
    'timestamp(inputs.name).seconds',
    '"a %s".format([inputs.count])',
    'type(inputs.any) == int',
    'inputs.list.join(",") + string(inputs.count)',
    '(inputs.on ? 1 : "a") + 1',
    '{"a": inputs.count}.a + 1',
    '{inputs.name: 1}.x + 1',
  ])('%s', (expression) => {
    expect(saidOf(expression)).toEqual([])
  })
})

describe('a value that fits its place in no case', () => {
  const table: [name: string, text: string, problems: string[]][] = [
    [
      'a condition',
      `
steps:
- id: a
  if: \${{ inputs.count }}
  set: {}
- id: b
  switch:
    cases:
    - { id: c, when: '\${{ "yes" }}', steps: [] }`,
      [
        'error 4:3 A condition must be true or false, and this is of type int.',
        'error 9:16 A condition must be true or false, and this is of type string.',
      ],
    ],
    [
      'what starts a run',
      `
triggers:
- id: t
  type: alert
  match: \${{ trigger.alert.size() }}
  inputs:
    name: \${{ trigger.alert }}
    count: \${{ trigger.alert.n }} times
    ratio: \${{ trigger.alert.n }}
steps: [{ id: a, set: {} }]`,
      [
        'error 7:5 Input name must be of type string, and is object.',
        'error 8:5 Input count must be of type integer, and is string.',
        'error 5:3 A condition must be true or false, and this is of type int.',
      ],
    ],
    [
      'the list of a loop',
      `
steps:
- id: a
  forEach: { in: '\${{ inputs.name }}', steps: [] }
- id: b
  forEach: { in: '\${{ inputs.list }} ', steps: [] }`,
      [
        'error 4:14 A forEach goes through a list, and this is of type string.',
        'error 6:14 A forEach goes through a list, and this is of type string.',
      ],
    ],
    [
      'the time of a sleep',
      `
steps:
- id: a
  sleep: { until: '\${{ inputs.count }}' }
- id: b
  sleep: { until: '\${{ timestamp(inputs.name) }}' }`,
      ['error 4:12 A time is a text or a timestamp, and this is of type int.'],
    ],
    [
      'the input of an action',
      `
steps:
- id: a
  action: search_logs
  with:
    value: \${{ inputs.count }}
    hours: last \${{ inputs.count }}
    hosts: [h1, '\${{ inputs.name }}', '\${{ inputs.count }}']
    filter:
      host: \${{ inputs.list }}
- id: b
  notify: { channel: '\${{ inputs.on }}', title: '\${{ inputs.on }} x', text: t, severity: '\${{ inputs.count }}' }`,
      [
        'error 6:5 search_logs: input value must be of type string, and is integer.',
        'error 7:5 search_logs: input hours must be of type integer, and is string.',
        'error 8:39 search_logs: input hosts at /2 must be of type string, and is integer.',
        'error 10:7 search_logs: input filter at /host must be of type string, and is array.',
        'error 12:13 notify_team: input channel must be of type string, and is boolean.',
        'error 12:80 notify_team: input severity must be of type string, and is integer.',
      ],
    ],
    [
      'the input of a workflow that is performed',
      `
steps:
- id: a
  workflow:
    name: inner
    inputs:
      host: \${{ inputs.count }}
      hard: \${{ null }}`,
      ['error 7:7 inner: input host must be of type string, and is integer.'],
    ],
    [
      'what is read of a case',
      `
steps:
- id: a
  case:
    open:
      title: \${{ inputs.count }}
      severity: \${{ inputs.count }}`,
      ['error 7:7 case.open: severity must be of type string, and is integer.'],
    ],
    [
      'an output',
      `
steps:
- id: a
  set: {}
outputSchema: { properties: { n: { type: integer }, m: { type: number }, t: { type: string } } }
outputs:
  n: \${{ inputs.name }}
  m: \${{ 3 / 2 }}
  t: \${{ timestamp(inputs.name) }}`,
      ['error 7:3 Output n must be of type integer, and is string.'],
    ],
  ]
  test.each(table)('%s', (_name, text, problems) => {
    expect(problemsOf(`${inputs}\n${text.trim()}`)).toEqual(problems)
  })
})

describe('what a step gives has a type', () => {
  const before = `
steps:
- { id: found, action: search_logs, with: { value: a } }
- { id: told, notify: { channel: c, title: t, text: t } }
- { id: called, workflow: { name: inner } }
- { id: begun, workflow: { name: inner, detached: true } }
- { id: asked, approval: { message: m } }
- { id: noted, case: { open: { title: t } } }
- { id: made, set: { n: '\${{ inputs.count * 2 }}', half: '\${{ 1.5 }}', at: '\${{ timestamp(inputs.name) }}', text: 'a\${{ 1 }}', deep: { list: ['\${{ inputs.count }}', 2] }, fixed: 7 } }
- id: loop
  forEach:
    in: '\${{ inputs.list }}'
    as: host
    steps:
    - { id: one, set: { n: '\${{ each.index }}' } }
    - { id: two, if: '\${{ each.host != "" }}', then: [{ id: three, action: search_logs, with: { value: '\${{ each.host }}' } }] }
`
  test.each([
    ['steps.found.outputs.count', 'int'],
    ['steps.found.outputs.hosts[0]', 'string'],
    ['steps.found.outputs.score', 'int or double'],
    ['steps.found.outputs.results[0].outcome', 'string'],
    ['steps.found.outputs.other', 'dyn'],
    ['steps.told.outputs.message', 'string'],
    ['steps.called.outputs.ticket', 'null or int'],
    ['steps.begun.outputs.run', 'string'],
    ['steps.asked.outputs.approved', 'bool'],
    ['steps.noted.outputs.case', 'string'],
    ['steps.made.outputs.n', 'int'],
    ['steps.made.outputs.half', 'int or double'],
    ['steps.made.outputs.at', 'string'],
    ['steps.made.outputs.text', 'string'],
    ['steps.made.outputs.deep.list[0]', 'int'],
    ['steps.made.outputs.fixed', 'int'],
    ['steps.made.outcome', 'string'],
    ['steps.made.error.code', 'string'],
    ['steps.loop.outputs.results[0].index', 'int'],
    ['steps.loop.outputs.results[0].steps.one.n', 'int'],
    ['steps.loop.outputs.results[0].steps.three.count', 'int'],
  ])('%s is %s', (expression, type) => {
    // No operator takes a map on its left, so that the message tells the type.
    const text = `${inputs}\n${before.trim()}\n- { id: last, set: { x: '\${{ {} + ${expression} }}' } }`
    expect(problemsOf(text).map((problem) => problem.replace(/^error \d+:\d+ /, ''))).toEqual([
      `\`+\` cannot be applied to (map, ${type})`,
    ])
  })

  test('of a loop its items have the type of the list, within it', () => {
    const loop = `forEach: { in: '\${{ inputs.list }}', as: host, steps: [{ id: one, set: { n: '\${{ each.host + each.index }}' } }] }`
    expect(problemsOf(`${inputs}\nsteps:\n- id: loop\n  ${loop}`)).toEqual([
      'error 4:84 `+` cannot be applied to (string, int)',
    ])
  })
})

test('the words of an expression are pointed at where they stand', () => {
  const text = `${inputs}
steps:
- id: a
  set:
    x: >-
      \${{ inputs.on
      && inputs.name + 1 == 'a' }}
    y: "\${{ inputs.list[0] + 1 }} and \${{ size(inputs.count) }}"`
  expect(problemsOf(text)).toEqual([
    'warning 7:10 `+` cannot be applied to (string, int)',
    'error 8:13 `+` cannot be applied to (string, int)',
    'error 8:43 `size` cannot be applied to (int)',
  ])
})

test('a step that stood in other workflows before is judged by what stands around it now', () => {
  const step = declared(`{ id: a, set: { x: '\${{ inputs.x + 1 }}' } }`)
  const specOf = (type: string, first = step) =>
    ({
      ...(declared(`{ version: 1.0.0, title: t, inputs: { properties: { x: { type: ${type} } } } }`) as object),
      steps: [first],
    }) as unknown as Workflow['spec']
  const codes = (spec: Workflow['spec']) => checkWorkflowSpec(spec, around).map(({ code }) => code)
  expect(['integer', 'string', 'integer', 'boolean', 'string'].map((type) => codes(specOf(type)))).toEqual([
    [],
    ['wrong-type'],
    [],
    ['wrong-type'],
    ['wrong-type'],
  ])
})
