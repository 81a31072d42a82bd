import { describe, expect, test } from 'vitest'
import { inputFault } from '../../../controller/io/backend/check-action-input.ts'

const schema = {
  type: 'object',
  required: ['host'],
  additionalProperties: false,
  properties: { host: { type: 'string', pattern: '^[A-Za-z0-9._-]+$' }, minutes: { type: 'integer', minimum: 1 } },
}

describe('what an action does not take is sent to nobody', () => {
  const cases: [string, Record<string, string | number>, RegExp | undefined][] = [
    ['what fits', { host: 'WS-FIN-0142', minutes: 5 }, undefined],
    ['a host that would end a query', { host: "x' or 1==1 or 'y" }, /host.*pattern/],
    ['a field too many', { host: 'a', force: 1 }, /additional/],
    ['a field too few', { minutes: 5 }, /host/],
    ['a wrong type', { host: 'a', minutes: 'five' }, /minutes.*integer/],
  ]
  test.each(cases)('%s', (_, input, expected) => {
    const fault = inputFault('d'.repeat(64), schema, input)
    if (expected === undefined) expect(fault).toBeUndefined()
    else expect(fault).toMatch(expected)
  })
})
