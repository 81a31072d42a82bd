import { celEnv, isCelError, plan } from '@bufbuild/cel'
import { strings } from '@bufbuild/cel/ext'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isList, isMap, type Json, toValue } from '../../controller/core/model/values.ts'
import { planOf } from '../../controller/core/run/expression-plan.ts'
import { checkExpressions, renderValue } from '../../controller/core/run/expressions.ts'
import { type Expr, walk } from '../../controller/core/run/expression-tree.ts'
import { toCel } from '../../controller/core/run/expression-values.ts'
import { inferType, type TypeFault } from '../../controller/core/run/infer-type.ts'
import { inferred } from '../../controller/core/run/inferred.ts'
import { misfitOfType, typeOfSchema, typeOfWritten } from '../../controller/core/run/schema-type.ts'
import { misfitOf } from '../../controller/core/run/value-schema.ts'
import { any, fieldOf, itemOf, kindsOf, mayBe, never, type Type } from '../../controller/core/run/value-type.ts'

/** A schema with a value that fits it. */
interface Sample {
  readonly schema: Json
  readonly values: readonly Json[]
}

const scalars: [schema: Json, values: fc.Arbitrary<Json>][] = [
  [{ type: 'string' }, fc.constantFrom('', 'a', 'abc', '12', '2026-01-01T00:00:00Z', '5s', 'true')],
  [{ type: 'integer' }, fc.constantFrom(0, 1, 2, -7, Number.MAX_SAFE_INTEGER)],
  [{ type: 'number' }, fc.constantFrom(0, 1.5, -2, 1e300)],
  [{ type: 'boolean' }, fc.boolean()],
  [{ type: ['string', 'null'] }, fc.constantFrom(null, 'a')],
  [{ type: ['integer', 'boolean'] }, fc.constantFrom(1, true)],
  [{ enum: ['a', 3, 2.5] }, fc.constantFrom('a', 3, 2.5)],
  [{ const: 'x' }, fc.constant('x')],
  [{}, fc.constantFrom(null, true, 1, 1.5, 'a', ['a'], { a: 1 })],
]

const { schemas } = fc.letrec<{ schemas: { schema: Json; value: fc.Arbitrary<Json> } }>((tie) => ({
  schemas: fc.oneof(
    { maxDepth: 2, depthIdentifier: 'schema' },
    ...scalars.map(([schema, value]) => fc.constant({ schema, value })),
    tie('schemas').map(({ schema, value }) => ({
      schema: { type: 'array', items: schema },
      value: fc.array(value, { maxLength: 3 }),
    })),
    fc.record({ a: tie('schemas'), b: tie('schemas'), closed: fc.boolean() }).map(({ a, b, closed }) => ({
      schema: {
        type: 'object',
        properties: { a: a.schema, b: b.schema },
        ...(closed && { additionalProperties: false }),
      },
      value: fc.record({ a: a.value, b: b.value }, { requiredKeys: [] }),
    })),
  ),
}))

/** Schemas of `inputs`, and a few inputs that fit them. */
const samples: fc.Arbitrary<Sample> = fc.record({ a: schemas, b: schemas, c: schemas, d: schemas }).chain((fields) =>
  fc.record({
    schema: fc.constant(
      toValue({ properties: Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema])) }),
    ),
    values: fc.array(
      fc
        .record(Object.fromEntries(Object.entries(fields).map(([name, { value }]) => [name, value])), {
          requiredKeys: ['a', 'b'],
        })
        .map(toValue),
      { minLength: 3, maxLength: 3 },
    ),
  }),
)

const leaf = fc.constantFrom(
  'inputs.a',
  'inputs.b',
  'inputs.c',
  'inputs.d',
  'inputs.a',
  'inputs.b',
  'inputs',
  'x',
  'true',
  'false',
  'null',
  '0',
  '1',
  '2u',
  '1.5',
  '"a"',
  '"12"',
  'b"x"',
  'int',
  '[]',
  '{}',
  'timestamp("2026-01-01T00:00:00Z")',
  'duration("5s")',
)
const binary = fc.constantFrom('+', '-', '*', '/', '%', '==', '!=', '<', '<=', '>', '>=', '&&', '||', 'in')
const functions = fc.constantFrom(
  'size',
  'int',
  'uint',
  'double',
  'string',
  'bool',
  'bytes',
  'type',
  'dyn',
  'timestamp',
  'duration',
)
const methods = fc.constantFrom('size', 'trim', 'getHours', 'getSeconds', 'join', 'lowerAscii')
const methodsOfOne = fc.constantFrom(
  'startsWith',
  'contains',
  'split',
  'join',
  'charAt',
  'indexOf',
  'matches',
  'format',
)
const macros = fc.constantFrom('all', 'exists', 'exists_one', 'filter', 'map')

const { expressions } = fc.letrec<{ expressions: string }>((tie) => {
  const e = tie('expressions')
  return {
    expressions: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'expression' },
      { weight: 4, arbitrary: leaf },
      { weight: 4, arbitrary: fc.tuple(e, binary, e).map(([l, op, r]) => `(${l} ${op} ${r})`) },
      fc.tuple(fc.constantFrom('!', '-'), e).map(([op, of]) => `${op}(${of})`),
      fc.tuple(functions, e).map(([name, of]) => `${name}(${of})`),
      fc.tuple(e, methods).map(([of, name]) => `(${of}).${name}()`),
      fc.tuple(e, methodsOfOne, e).map(([of, name, arg]) => `(${of}).${name}(${arg})`),
      fc.tuple(e, fc.constantFrom('a', 'b', 'z', 'seconds')).map(([of, name]) => `(${of}).${name}`),
      fc.tuple(e, fc.constantFrom('a', 'z')).map(([of, name]) => `has((${of}).${name})`),
      { weight: 2, arbitrary: fc.tuple(e, e).map(([of, key]) => `(${of})[${key}]`) },
      { weight: 2, arbitrary: fc.tuple(e, e, e).map(([c, y, n]) => `(${c} ? ${y} : ${n})`) },
      fc.tuple(e, e).map(([a, b]) => `[${a}, ${b}]`),
      fc.tuple(e, e, fc.constantFrom('"a"', '1')).map(([a, b, key]) => `{${key}: ${a}, "b": ${b}}`),
      fc.tuple(e, e).map(([key, value]) => `{${key}: ${value}}`),
      { weight: 2, arbitrary: fc.tuple(e, macros, e).map(([of, name, body]) => `(${of}).${name}(x, ${body})`) },
    ),
  }
})

interface Typing {
  /** Of the value as it is kept. */
  readonly type: Type
  readonly faults: readonly TypeFault[]
}

/** What is said of an expression where nothing else is wrong with it. */
function typed(source: string, schema: Json): Typing | undefined {
  const known = planOf(source)
  if (known.kind === 'fault' || checkExpressions(`\${{ ${source} }}`, ['inputs']).length > 0) return undefined
  const given = typeOfSchema(schema)
  const fields = (variable: string, field: string): Type => (variable === 'inputs' ? fieldOf(given, field) : any)
  return { type: inferred(known, source, fields).type, faults: inferType(known.tree, fields).faults }
}

function admits(type: Type, value: Json): boolean {
  if (isList(value)) return mayBe(type, kindsOf('list')) && value.every((item) => admits(itemOf(type), item))
  if (!isMap(value)) return mayBe(type, typeOfWritten(value).kinds)
  return mayBe(type, kindsOf('map')) && Object.entries(value).every(([name, item]) => admits(fieldOf(type, name), item))
}

const rendered = (source: string, inputs: Json) => renderValue(`\${{ ${source} }}`, { inputs })

const runs = 1_500 * (process.env['HEADWATER_LANE'] === 'soak' ? 40 : 1)

test('an expression yields what its type says, and where the type says that it fails it yields nothing', () => {
  fc.assert(
    fc.property(samples, expressions, ({ schema, values }, source) => {
      const typing = typed(source, schema)
      fc.pre(typing !== undefined)
      for (const inputs of values) {
        expect(misfitOf(schema, inputs)).toBeUndefined()
        const result = rendered(source, inputs)
        if (result.kind === 'rendered') expect(admits(typing?.type ?? never, result.value)).toBe(true)
      }
    }),
    { numRuns: runs },
  )
})

const env = celEnv({ funcs: strings })

/** What a part comes to alone; undefined where it reads the variable of a loop around it. */
function alone(part: Expr, inputs: Json): unknown {
  let isFree = true
  walk(part, ({ expr, bound }) => {
    if (expr.exprKind.case === 'identExpr' && expr.exprKind.value.name === 'x') isFree &&= bound.has('x')
    return true
  })
  return isFree ? plan(env, part)({ inputs: toCel(inputs) }) : undefined
}

test('a part that is called wrong fails by itself, whatever the data are', () => {
  fc.assert(
    fc.property(samples, expressions, ({ schema, values }, source) => {
      const { faults = [] } = typed(source, schema) ?? {}
      const failing = faults.filter(({ message }) => /cannot be applied|no field|stands at a key/.test(message))
      fc.pre(failing.length > 0)
      for (const { part } of failing)
        for (const inputs of values) {
          const result = alone(part, inputs)
          expect(result === undefined || isCelError(result)).toBe(true)
        }
    }),
    { numRuns: runs / 3 },
  )
})

test('where a type does not fit a schema, no value of it does', () => {
  fc.assert(
    fc.property(samples, expressions, schemas, ({ schema, values }, source, { schema: wanted }) => {
      const typing = typed(source, schema)
      fc.pre(typing !== undefined && misfitOfType(wanted, typing.type) !== undefined)
      for (const inputs of values) {
        const result = rendered(source, inputs)
        if (result.kind === 'rendered') expect(misfitOf(toValue(wanted), result.value)).toBeDefined()
      }
    }),
    { numRuns: runs / 3 },
  )
})
