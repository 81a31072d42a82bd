import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Action, Connector } from '../../../controller/core/model/generated/kinds.ts'
import { isMap, type Json, type JsonMap, toValue } from '../../../controller/core/model/values.ts'
import { checkExpressions } from '../../../controller/core/run/expressions.ts'
import { EgressGate } from '../../../controller/io/connectors/egress-gate.ts'
import { performAction } from '../../../controller/io/connectors/perform-action.ts'
import { type Sandbox, startSandbox } from '../../../controller/io/sandbox/sandbox-server.ts'
import { sampleOf } from '../../../controller/reconcile/sample-input.ts'
import { connectionTo } from './stub-vendor.ts'

const root = join(import.meta.dirname, '../../../connectors')
const actions = new Map(load<Action>('actions').map((action) => [action.metadata.name, action.spec]))
const connectors = new Map(load<Connector>('vendors').map((connector) => [connector.metadata.name, connector.spec]))
const pairs = [...connectors].flatMap(([name, spec]) => spec.actions.map((offered) => [name, offered.action] as const))
const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  formats: { 'date-time': true, email: true, uri: true, ipv4: true, hostname: true },
})

let sandbox: Sandbox
let egress: EgressGate
beforeAll(async () => {
  sandbox = await startSandbox({ connectors })
  egress = new EgressGate({ sandboxOrigin: sandbox.origin })
})
afterAll(async () => {
  egress.close()
  await sandbox.close()
})

describe.skipIf(pairs.length === 0)('through the sandbox', () => {
  for (const [name, action] of pairs)
    for (const which of ['required', 'all'] as const)
      test(`${name} performs ${action} with ${which} fields`, async () => {
        const declared = actions.get(action)
        const connector = connectors.get(name)
        expect(declared, `connectors/actions/${action}.yaml`).toBeDefined()
        if (declared === undefined || connector === undefined) return
        const settings = Object.fromEntries(Object.keys(connector.settings ?? {}).map((key) => [key, 'example']))
        const outcome = await performAction({
          connection: connectionTo('https://vendor.example/base', { name, connector: name, settings }),
          connector,
          action,
          input: asMap(sampleOf(declared.input, which)),
          idempotencyKey: `${name}/${action}`,
          secret: null,
          timeoutMs: 5_000,
          egress,
        })
        expect(outcome).toMatchObject({ kind: 'succeeded' })
        if (outcome.kind !== 'succeeded') return
        const valid = ajv.compile(declared.output)
        expect(valid(outcome.outputs), `${JSON.stringify(outcome.outputs)} ${ajv.errorsText(valid.errors)}`).toBe(true)
      })
})

test.for([...connectors])('the expressions of %s can be read', ([, spec]) => {
  const readable = spec.actions.map(({ output, requests }) => [
    output,
    requests.map(({ if: condition, path, query, headers, body }) => [
      condition ?? null,
      path,
      query ?? null,
      headers ?? null,
      body ?? null,
    ]),
  ])
  expect(checkExpressions(toValue(readable), ['input', 'connection', 'requests', 'key'])).toEqual([])
})

function load<K>(folder: string): K[] {
  const path = join(root, folder)
  if (!existsSync(path)) return []
  const files = readdirSync(path).filter((file) => file.endsWith('.yaml'))
  return files.map((file) => toValue(parse(readFileSync(join(path, file), 'utf8'))) as unknown as K)
}

function asMap(value: Json): JsonMap {
  if (!isMap(value)) throw new TypeError('the input of an action is an object')
  return value
}
