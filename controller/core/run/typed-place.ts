import type { Path } from '../merge/path.ts'
import { get, isList, isMap, type Json, type JsonMap, newMap } from '../model/values.ts'
import { holdsExpression } from './expression-places.ts'
import { planOf } from './expression-plan.ts'
import { hasExpression, piecesOf } from './expression-text.ts'
import type { FieldTypes } from './infer-type.ts'
import { inferred } from './inferred.ts'
import { misfitOfType, typeOfWritten } from './schema-type.ts'
import { any, either, inWords, listOf, mapWith, mayBe, never, type Type, typeOf } from './value-type.ts'

/** A value with expressions, and what it is to come to. */
export interface Place {
  /** Of the value, from the part of the workflow on that says it. */
  readonly path: Path
  readonly value: Json
  readonly wants?: Wanted
}

export type Wanted =
  | { readonly kind: 'schema'; readonly schema: Json; readonly what: string }
  | { readonly kind: 'kinds'; readonly kinds: number; readonly rule: string }

/** What types have against a place. */
export interface TypeRemark {
  readonly path: Path
  /** From there on, inside the value. */
  readonly within: Within
  /** A warning where only some data reach what is wrong: the rest may run well. */
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** The words that are meant. */
  readonly mark?: string
}

type Within = readonly (string | number)[]

interface Reading {
  readonly fields: FieldTypes
  readonly misfit: (within: Within, how: string | undefined) => void
  readonly fault: (within: Within, severity: TypeRemark['severity'], message: string, mark: string) => void
}

const string = typeOf('string')

/** The type of a place once it is rendered, and what is wrong with it. */
export function typePlace({ path, value, wants }: Place, fields: FieldTypes): { type: Type; remarks: TypeRemark[] } {
  // A value without any expression is held against its schema elsewhere.
  if (!holdsExpression(value)) return { type: typeOfWritten(value), remarks: [] }
  const remarks: TypeRemark[] = []
  const schema = wants?.kind === 'schema' ? wants : undefined
  const type = typeOfPart(value, schema?.schema ?? null, [], {
    fields,
    misfit: (within, how) => {
      if (how === undefined || schema === undefined) return
      const at = within.length === 0 ? '' : ` at /${within.join('/')}`
      remarks.push({ path, within, severity: 'error', message: `${schema.what}${at} ${how}.` })
    },
    fault: (within, severity, message, mark) => remarks.push({ path, within, severity, message, mark }),
  })
  if (wants?.kind === 'kinds' && type.kinds !== 0 && !mayBe(type, wants.kinds)) {
    const message = `${wants.rule}, and this is of type ${inWords(type)}.`
    remarks.push({ path, within: [], severity: 'error', message })
  }
  return { type, remarks }
}

function typeOfPart(part: Json, schema: Json, within: Within, reading: Reading): Type {
  const rules = isMap(schema) ? schema : newMap()
  const type = isList(part)
    ? typeOfItems(part, get(rules, 'items') ?? null, within, reading)
    : isMap(part)
      ? typeOfFields(part, get(rules, 'properties') ?? null, within, reading)
      : typeof part === 'string' && hasExpression(part)
        ? typeOfText(part, within, reading)
        : typeOfWritten(part)
  reading.misfit(within, misfitOfType(schema, type))
  return type
}

/** Of exactly one expression, what it yields; anything else becomes a text. */
function typeOfText(text: string, within: Within, { fields, fault }: Reading): Type {
  const cut = piecesOf(text)
  if (cut.kind === 'malformed') return any
  const types = cut.pieces.map((piece) => {
    const plan = piece.kind === 'text' ? undefined : planOf(piece.source)
    if (piece.kind === 'text' || plan?.kind !== 'plan') return piece.kind === 'text' ? string : any
    const { type, faults } = inferred(plan, piece.source, fields)
    for (const { message, words } of faults) fault(within, type.kinds === 0 ? 'error' : 'warning', message, words)
    return type
  })
  return types.length > 1 ? string : (types[0] ?? string)
}

function typeOfItems(items: readonly Json[], schema: Json, within: Within, reading: Reading): Type {
  const types = items.map((item, place) => typeOfPart(item, schema, [...within, place], reading))
  return listOf(types.reduce(either, never))
}

function typeOfFields(map: JsonMap, schemas: Json, within: Within, reading: Reading): Type {
  const types = Object.entries(map).map(([name, value]): [string, Type] => {
    const schema = isMap(schemas) ? get(schemas, name) : undefined
    return [name, typeOfPart(value, schema ?? null, [...within, name], reading)]
  })
  return mapWith(Object.fromEntries(types), never)
}
