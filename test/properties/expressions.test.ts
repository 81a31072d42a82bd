import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { equal, type Json, toValue } from '../../controller/core/model/values.ts'
import { checkExpressions, referencesIn, renderValue } from '../../controller/core/run/expressions.ts'

const json = fc.jsonValue().map(toValue)
const fragments = fc.array(
  fc.constantFrom('${{', '}}', ' ', 'a', '.', '"', "'", '(', ')', '[', '{', '}', '+', '\\', 'x', '1', 'has', 'r"'),
)

test('literals without an expression come back equal', () => {
  fc.assert(
    fc.property(json, (value) => {
      fc.pre(!JSON.stringify(value).includes('${{'))
      const rendered = renderValue(value, {})
      expect(rendered.kind === 'rendered' && equal(rendered.value, value)).toBe(true)
    }),
  )
})

test('data passes through an expression unchanged', () => {
  fc.assert(
    fc.property(json, (data) => {
      const rendered = renderValue('${{ data }}', { data })
      const wanted: Json = data
      expect(rendered.kind === 'rendered' && equal(rendered.value, wanted)).toBe(true)
    }),
  )
})

test('data is never evaluated, alone or inside a text', () => {
  fc.assert(
    fc.property(fragments, fc.string(), (parts, tail) => {
      const data = `\${{ secret }}${parts.join('')}${tail}`
      const bindings = { data, secret: 'never' }
      expect(renderValue('${{ data }}', bindings)).toEqual({ kind: 'rendered', value: data })
      expect(renderValue('<${{ data }}>', bindings)).toEqual({ kind: 'rendered', value: `<${data}>` })
    }),
  )
})

test('no text makes it throw, and what cannot be rendered is found by the check or by the data', () => {
  fc.assert(
    fc.property(fragments, (parts) => {
      const text = parts.join('')
      const problems = checkExpressions(text, ['a', 'x'])
      referencesIn(text)
      const rendered = renderValue(text, { a: { a: 1 }, x: 'x' })
      if (rendered.kind === 'rendered') expect(problems).toEqual([])
    }),
    { numRuns: 2_000 },
  )
})
