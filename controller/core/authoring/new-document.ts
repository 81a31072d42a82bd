import type { KindName } from '../model/generated/kinds.ts'
import type { Json } from '../model/values.ts'
import { emitFlow, emitKeyEntry } from '../merge/yaml-emit.ts'

const style = {
  step: 2,
  indentsLists: true,
  quote: 'single',
  bracketsLists: true,
  mapPadding: ' ',
  listPadding: '',
} as const

/** A new file as the fleet's files look: `spec` is YAML with two columns of indentation. */
export function newDocument(kind: KindName, name: string, spec: string, schemaLine = ''): string {
  return `${schemaLine}apiVersion: headwater.dev/v1\nkind: ${kind}\nmetadata: { name: ${inline(name)} }\nspec:\n${spec}`
}

/** A value on one line; every text that would read as something else is quoted. */
export function inline(value: Json): string {
  return emitFlow(value, { style, eol: '\n', inBrackets: true })
}

/** A key with its value, from that column on; the first line without its indentation. */
export function entry(key: string, value: Json, column: number): string {
  return emitKeyEntry(key, value, column, { style, eol: '\n' })
}
