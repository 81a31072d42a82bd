import { type ParsedNode, type Scalar, isMap, isScalar, isSeq } from 'yaml'
import { caps } from './caps.ts'
import { type Source, placeAt } from './document-source.ts'
import { type Problem, type ProblemCode, problem } from './problems.ts'
import { type Json, newMap } from './values.ts'
import { inexact, readPlain } from './yaml-scalar.ts'

export interface Converted {
  readonly value: Json
  readonly problems: readonly Problem[]
  /** Part of the document was left out: what else could be said about it is not worth saying. */
  readonly isCut: boolean
}

interface Conversion {
  readonly source: Source
  readonly problems: Problem[]
  values: number
  isCut: boolean
}

/** Turns the nodes of a document into plain values, frozen, and reports what a plain value cannot hold or must not. */
export function convertNodes(source: Source, root: ParsedNode | null): Converted {
  const conversion: Conversion = { source, problems: [], values: 0, isCut: false }
  const value = convert(conversion, root, 0, 0)
  return { value, problems: conversion.problems, isCut: conversion.isCut }
}

/** Names that reach the prototype of an ordinary object, wherever a value ends up in one after all. */
export function isRefusedKey(key: string): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'prototype'
}

/** A string that every store, protocol and screen takes: no half of a surrogate pair and no NUL. */
export function isSoundText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

function convert(conversion: Conversion, node: ParsedNode | null, offset: number, depth: number): Json {
  if (conversion.isCut) return null
  if (++conversion.values > caps.values)
    return cut(conversion, 'too-many-values', offset, `the file holds more than ${caps.values} values`)
  if (node === null) return null
  if (isScalar(node)) return convertScalar(conversion, node)
  if (depth >= caps.depth)
    return cut(conversion, 'too-deep', node.range[0], `values are nested deeper than ${caps.depth} levels here`)
  if (isSeq(node)) return Object.freeze(node.items.map((item) => convert(conversion, item, node.range[0], depth + 1)))
  return isMap(node) ? convertMap(conversion, node, depth) : null
}

function convertMap(conversion: Conversion, node: ParsedNode & { items: unknown[] }, depth: number): Json {
  const pairs = node.items as { key: ParsedNode | null; value: ParsedNode | null }[]
  const start = node.range?.[0] ?? 0
  if (pairs.length > caps.keys)
    return cut(
      conversion,
      'too-many-keys',
      start,
      `this map has ${pairs.length} keys, at most ${caps.keys} are allowed`,
    )
  const map = newMap()
  const seen = new Map<string, number>()
  for (const pair of pairs) {
    const offset = pair.key?.range?.[0] ?? start
    const key = readKey(conversion, pair.key, offset)
    const value = convert(conversion, pair.value, offset, depth + 1)
    if (key === undefined) continue
    const first = seen.get(key)
    if (first === undefined) {
      seen.set(key, offset)
      map[key] = value
    } else {
      const [one, other] = [placeAt(conversion.source, first).line, placeAt(conversion.source, offset).line]
      const where = one === other ? `twice on line ${one}` : `on line ${one} and again on line ${other}`
      report(conversion, 'duplicate-key', offset, `\`${shorten(key)}\` stands ${where} in one map`)
    }
  }
  return Object.freeze(map)
}

/** Undefined, with a problem, where the key is none of ours. */
function readKey(conversion: Conversion, key: ParsedNode | null, offset: number): string | undefined {
  if (key !== null && !isScalar(key)) {
    report(conversion, 'yaml-key', offset, 'a list or map stands where a key is expected')
    return undefined
  }
  const text = key?.source ?? ''
  if ((key === null || key.type === 'PLAIN') && typeof readPlain(text) !== 'string') {
    if (text === '')
      report(conversion, 'yaml-key', offset, 'a key is missing before this `:`', 'write the key, or remove the `:`')
    else report(conversion, 'yaml-key', offset, `the key \`${text}\` is no text`, `put it in quotes: "${text}"`)
    return undefined
  }
  if (text === '<<') report(conversion, 'yaml-anchor', offset, '`<<` would merge another map into this one')
  else if (isRefusedKey(text)) report(conversion, 'refused-key', offset, `\`${text}\` cannot be a key`)
  else if (!isSoundText(text)) report(conversion, 'yaml-syntax', offset, unsound)
  else return text
  return undefined
}

const unsound = 'the text holds half a surrogate pair, or NUL'

function convertScalar(conversion: Conversion, node: Scalar.Parsed): Json {
  const text = node.source
  const value = node.type === 'PLAIN' ? readPlain(text) : text
  if (value === inexact) {
    report(
      conversion,
      'yaml-number',
      node.range[0],
      `\`${shorten(text)}\` cannot be held exactly as a number`,
      'put it in quotes if it is meant as text',
    )
    return 0
  }
  if (typeof value === 'string' && !isSoundText(value)) report(conversion, 'yaml-syntax', node.range[0], unsound)
  return value
}

function cut(conversion: Conversion, code: ProblemCode, offset: number, message: string): null {
  conversion.isCut = true
  report(conversion, code, offset, message)
  return null
}

function report(conversion: Conversion, code: ProblemCode, offset: number, message: string, hint?: string): void {
  const { source, problems } = conversion
  if (problems.length >= caps.problemsPerFile) return
  problems.push(problem(code, message, { place: placeAt(source, offset), ...(hint ? { hint } : {}) }))
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
