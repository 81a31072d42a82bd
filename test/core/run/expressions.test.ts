import { describe, expect, test } from 'vitest'
import { caps } from '../../../controller/core/model/caps.ts'
import type { Json } from '../../../controller/core/model/values.ts'
import { evaluateCondition, renderPieces, renderValue } from '../../../controller/core/run/expressions.ts'

const bindings: Record<string, Json> = {
  inputs: {
    user: 'ada',
    count: 3,
    ratio: 0.5,
    on: true,
    none: null,
    big: 9007199254740991,
    tags: ['a', 'b'],
    text: '${{ inputs.user }}',
  },
  steps: {
    find_user: {
      outputs: {
        id: 'u-1',
        groups: [
          { id: 'g1', admin: false },
          { id: 'g2', admin: true },
        ],
      },
    },
  },
}

/** Input, and the value that it becomes. */
const renders: [input: Json, output: Json][] = [
  ['plain', 'plain'],
  ['', ''],
  [7, 7],
  [null, null],
  ['$ {{ x }} }} {{', '$ {{ x }} }} {{'],
  ['${{ inputs.user }}', 'ada'],
  ['${{inputs.user}}', 'ada'],
  ['${{ inputs.count }}', 3],
  ['${{ inputs.count + 1 }}', 4],
  ['${{ inputs.count % 2 == 1 }}', true],
  ['${{ inputs.ratio * 2.0 }}', 1],
  ['${{ inputs.big }}', 9007199254740991],
  ['${{ inputs.none }}', null],
  ['${{ inputs.tags }}', ['a', 'b']],
  ['${{ inputs.tags[1] }}', 'b'],
  ['${{ inputs["user"] }}', 'ada'],
  ['hello ${{ inputs.user }}!', 'hello ada!'],
  ['${{ inputs.user }}${{ inputs.count }}', 'ada3'],
  [' ${{ inputs.count }}', ' 3'],
  ['[${{ inputs.none }}]', '[]'],
  ['is ${{ inputs.tags }}', 'is ["a","b"]'],
  ['${{ steps.find_user.outputs.groups[0] }}', { id: 'g1', admin: false }],
  ['${{ steps.find_user.outputs.groups.filter(g, g.admin).map(g, g.id) }}', ['g2']],
  ['${{ steps.find_user.outputs.groups.map(g, g.admin, g.id) }}', ['g2']],
  ['${{ steps.find_user.outputs.groups.exists(g, g.id == "g1") }}', true],
  ['${{ steps.find_user.outputs.groups.all(g, g.admin) }}', false],
  ['${{ has(inputs.user) && !has(inputs.nobody) }}', true],
  ['${{ {"a": {"b": 1}} }}', { a: { b: 1 } }],
  ['${{ {"a": {"b": 1}}.a.b }}', 1],
  ['${{ "}}" + inputs.user }}', '}}ada'],
  ["${{ '${{ }}' }}", '${{ }}'],
  ['${{ r"\\" }}', '\\'],
  ['${{ "a\\"}}" }}', 'a"}}'],
  ['${{ inputs.text }}', '${{ inputs.user }}'],
  ['say ${{ inputs.text }}', 'say ${{ inputs.user }}'],
  ['${{ timestamp("2026-11-01T00:00:00Z") + duration("90s") }}', '2026-11-01T00:01:30Z'],
  ['${{ duration("90s") }}', '90s'],
  ['${{ b"abc" }}', 'YWJj'],
  ['${{ 5u }}', 5],
  ['${{ type(1) }}', 'int'],
  ['${{ inputs.user.upperAscii().split("D") }}', ['A', 'A']],
  ['${{ ["a", "b"].join("-") }}', 'a-b'],
  ['${{ inputs.user.matches("^a.a$") }}', true],
  [
    { to: ['${{ inputs.user }}', 1], '${{ inputs.user }}': 'keys are not rendered' },
    { to: ['ada', 1], '${{ inputs.user }}': 'keys are not rendered' },
  ],
]

/** Input, and what its message says. */
const failures: [input: string, message: RegExp][] = [
  ['${{ inputs.nobody }}', /^there is no field `nobody` in `inputs`$/],
  ['${{ steps.find_user.outputs.groups[0].name }}', /^there is no field `name`/],
  ['${{ steps.other.outputs.id }}', /^there is no field `other` in `steps`$/],
  ['${{ inputs["nobody"] }}', /^there is no field `nobody` in `inputs`$/],
  ['${{ inputs.tags[7] }}', /^there is no item 7 in `inputs.tags`$/],
  ['${{ nobody.x }}', /^there is no variable `nobody`$/],
  ['${{ constructor }}', /^there is no variable `constructor`$/],
  ['${{ inputs.__proto__ }}', /^there is no field `__proto__` in `inputs`$/],
  ['${{ inputs.constructor }}', /^there is no field `constructor` in `inputs`$/],
  ['${{ inputs.tags.length }}', /^there is no field `length` in `inputs.tags`$/],
  ['${{ inputs.user + 1 }}', /^`\+` cannot be applied to \(string, int\)$/],
  ['${{ inputs.user ? 1 : 2 }}', /^`\? :` cannot be applied to \(string\)$/],
  ['${{ inputs.count / 0 }}', /divide by zero/],
  ['${{ 9007199254740992 }}', /cannot be held exactly/],
  ['${{ 0.0 / 0.0 }}', /NaN, which is no number/],
  ['${{ nope(1) }}', /^there is no function `nope`$/],
  ['${{ }}', /^the expression is empty$/],
  ['${{ 1 + }}', /^unexpected `\+`$/],
  ['${{ inputs.user', /^the expression is not closed: `}}` is missing$/],
  ['${{ "a }}', /^a string is not closed$/],
  ['${{ (1 }}', /^`}` closes nothing$|not closed/],
  ['${{ google.protobuf.Struct{} }}', /is not a type that can be made here/],
  [`\${{ ${'('.repeat(65)}1${')'.repeat(65)} }}`, /nested deeper than 64/],
  [`\${{ ${Array(70).fill('1').join('+')} }}`, /nested deeper than 64/],
  [`\${{ "${'x'.repeat(caps.expressionLength)}" }}`, /longer than 2048/],
  [`\${{ [${Array(257).fill('1').join(',')}] }}`, /more than 256 items/],
  ['${{ [1].map(a, [1].map(b, [1].map(c, c))) }}', /loops are nested deeper than 2/],
]

describe('renderValue', () => {
  test.each(renders)('%j', (input, output) => {
    expect(renderValue(input, bindings)).toEqual({ kind: 'rendered', value: output })
  })

  test.each(failures)('failure %#', (input, message) => {
    const rendered = renderValue(input, bindings)
    expect(rendered).toMatchObject({ kind: 'failed', message: expect.stringMatching(message) })
  })

  test('a failure inside a map names the expression', () => {
    expect(renderValue({ a: [{ b: 'x ${{ inputs.nobody }}' }] }, bindings)).toEqual({
      kind: 'failed',
      expression: 'inputs.nobody',
      message: 'there is no field `nobody` in `inputs`',
    })
  })

  test('maps that come out have no prototype', () => {
    const rendered = renderValue({ a: '${{ {"__proto__": {"x": 1}} }}' }, {})
    const value = (rendered as { value: Record<string, Json> }).value
    expect(Object.getPrototypeOf(value)).toBeNull()
    expect(Object.getPrototypeOf(value['a'])).toBeNull()
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })
})

describe('limits of one evaluation', () => {
  const many = Array.from({ length: 1_000 }, (_, i) => i)

  test('a loop over 20,000 items works and stays fast', () => {
    const list = Array.from({ length: 20_000 }, (_, i) => i)
    const started = performance.now()
    expect(renderValue('${{ list.map(x, x + 1).filter(x, x > 19999) }}', { list })).toEqual({
      kind: 'rendered',
      value: [20_000],
    })
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  const hostile: [string, RegExp][] = [
    ['list.map(a, list.map(b, a + b)).size()', /more than 100000 loop turns/],
    [`["x"]${'.map(s, s + s + s + s)'.repeat(20)}`, /larger than/],
    [`[["x"]]${'.map(s, s + s + s + s)'.repeat(20)}`, /larger than/],
    [`[1]${'.map(s, [s, s, s, s])'.repeat(20)}`, /more than 250000 values/],
    ['list.exists(a, list.all(b, list.size() > b + a))', /./],
  ]
  test.each(hostile)('hostile expression %# ends within a second', (source, message) => {
    const started = performance.now()
    const rendered = renderValue(`\${{ ${source} }}`, { list: many })
    expect(performance.now() - started).toBeLessThan(1_500)
    if (rendered.kind === 'failed') expect(rendered.message).toMatch(message)
  })

  test('data nested too deep fails and does not throw', () => {
    let deep: Json = 1
    for (let i = 0; i < 100_000; i++) deep = [deep]
    expect(renderValue('${{ deep }}', { deep })).toMatchObject({ kind: 'failed' })
  })

  test('a hostile pattern is linear', () => {
    const started = performance.now()
    renderValue('${{ text.matches("^(a+)+$") }}', { text: `${'a'.repeat(10_000)}!` })
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

const conditions: [input: string, expected: unknown][] = [
  ['${{ inputs.on }}', { kind: 'rendered', value: true }],
  ['  ${{ !inputs.on }}\n', { kind: 'rendered', value: false }],
  [
    '${{ inputs.user }}',
    { kind: 'failed', expression: 'inputs.user', message: 'a condition must be true or false, and this is a string' },
  ],
  [
    '${{ inputs.none }}',
    { kind: 'failed', expression: 'inputs.none', message: 'a condition must be true or false, and this is null' },
  ],
  ['true', { kind: 'failed', expression: 'true', message: 'a condition is exactly one `${{ … }}`' }],
  [
    '${{ true }} ${{ true }}',
    { kind: 'failed', expression: '${{ true }} ${{ true }}', message: 'a condition is exactly one `${{ … }}`' },
  ],
]

test.each(conditions)('condition %j', (input, expected) => {
  expect(evaluateCondition(input, bindings)).toEqual(expected)
})

test('renderPieces transforms expressions and leaves the text', () => {
  expect(
    renderPieces('/users/${{ inputs.user }}/x', { inputs: { user: '../a' } }, (value) =>
      encodeURIComponent(JSON.stringify(value)),
    ),
  ).toEqual({
    kind: 'rendered',
    value: '/users/%22..%2Fa%22/x',
  })
})
