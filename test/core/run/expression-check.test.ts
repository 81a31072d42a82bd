import { describe, expect, test } from 'vitest'
import type { Json } from '../../../controller/core/model/values.ts'
import { checkExpressions, referencesIn } from '../../../controller/core/run/expressions.ts'

const roots = ['inputs', 'steps']

describe('checkExpressions', () => {
  const faults: [text: string, offset: number, message: string][] = [
    ['${{ inpts.user }}', 4, 'there is no variable `inpts`: did you mean `inputs`?'],
    ['a ${{ inputs.a + secrets.b }}', 17, 'there is no variable `secrets`; known here: inputs, steps'],
    ['ab ${{ inputs.a', 3, 'the expression is not closed: `}}` is missing'],
    ['${{ "abc }}', 4, 'a string is not closed'],
    ['${{ inputs.a b }}', 13, 'unexpected `b`'],
    ['${{ inputs.a.splt("x") }}', 12, 'there is no function `splt`'],
    ['${{ (inputs.a }}', 14, '`}` closes nothing'],
  ]
  test.each(faults)('%s', (text, offset, message) => {
    expect(checkExpressions({ with: [text] }, roots)).toMatchObject([{ path: ['with', 0], message, offset }])
  })

  const fine: Json[] = [
    '${{ inputs.list.exists(x, x.id == inputs.id) }}',
    '${{ type(inputs.a) == string }}',
    '${{ has(inputs.a) ? inputs.a : "none" }}',
    'no expression',
    { a: 1, b: null, c: [true] },
  ]
  test.each(fine)('%j is fine', (value) => {
    expect(checkExpressions(value, roots)).toEqual([])
  })

  test('a loop variable is unknown outside its loop', () => {
    expect(checkExpressions('${{ inputs.list.exists(x, x) && x }}', roots)).toMatchObject([{ offset: 32 }])
  })

  test('every problem of a value is reported', () => {
    expect(checkExpressions({ a: '${{ x }} ${{ y }}', b: '${{' }, roots).map((p) => p.offset)).toEqual([4, 13, 0])
  })
})

describe('referencesIn', () => {
  const tables: [text: string, references: string[][]][] = [
    ['${{ steps.find_user.outputs.id }}', [['steps', 'find_user', 'outputs', 'id']]],
    ['${{ has(steps.a.outputs.id) }}', [['steps', 'a', 'outputs', 'id']]],
    ['${{ steps["find user"].outputs }}', [['steps', 'find user', 'outputs']]],
    ['${{ steps.a.outputs.items[0].name }}', [['steps', 'a', 'outputs', 'items']]],
    ['${{ steps[inputs.which].outputs }}', [['steps'], ['inputs', 'which']]],
    ['${{ inputs.user.startsWith("a") }}', [['inputs', 'user']]],
    [
      '${{ steps.a.outputs.groups.filter(g, g.id == inputs.id) }}',
      [
        ['steps', 'a', 'outputs', 'groups'],
        ['inputs', 'id'],
      ],
    ],
    [
      '${{ {"a": inputs.a}["a"] }} and ${{ [inputs.b] }}',
      [
        ['inputs', 'a'],
        ['inputs', 'b'],
      ],
    ],
    ['${{ 1 + }}', []],
    ['text', []],
  ]
  test.each(tables)('%s', (text, references) => {
    expect(referencesIn({ x: text })).toMatchObject(references.map((reference) => ({ path: ['x'], reference })))
    expect(referencesIn({ x: text })).toHaveLength(references.length)
  })
})
