import { isList, isMap, type Json } from '../model/values.ts'
import { literalBlock } from './yaml-block-scalar.ts'
import { type Quote, writeKey, writeScalar } from './yaml-scalar-text.ts'
import type { YamlStyle } from './yaml-style.ts'

/** How something new is to look among its neighbours. */
export interface Manner {
  readonly style: YamlStyle
  readonly eol: string
  /** Quotes that all neighbours have. */
  readonly quote?: Quote | undefined
  /** The neighbours are written in brackets. */
  readonly inFlow?: boolean | undefined
  /** Present where many documents are written whose items are the same objects: the text of each is made once. */
  readonly items?: ItemTexts | undefined
}

export type ItemTexts = WeakMap<object, { readonly column: number; readonly text: string }>

/** A value as it follows `key:` or `-`: the rest of the line with what belongs to it, and whole lines. */
export interface Emitted {
  readonly rest: string
  /** Without line break at the start and with one at the end. */
  readonly lines: string
}

/** `column` is that of the entry the value belongs to. */
export function emitValue(value: Json, column: number, owner: 'key' | 'item', manner: Manner): Emitted {
  const { style, eol } = manner
  if (!isMap(value) && !isList(value)) {
    const indent = ' '.repeat(column + style.step)
    const block = typeof value === 'string' && value.includes('\n') ? literalBlock(value, indent, eol) : undefined
    if (block) return { rest: block.header, lines: block.lines }
    return { rest: emitFlow(value, manner), lines: '' }
  }
  if (isEmptyValue(value) || manner.inFlow || isShortList(value, style))
    return { rest: emitFlow(value, manner), lines: '' }
  const at = isList(value) && owner === 'key' && !style.indentsLists ? column : column + style.step
  return { rest: '', lines: `${' '.repeat(at)}${emitBody(value, at, manner)}` }
}

export function emitKeyEntry(key: string, value: Json, column: number, manner: Manner): string {
  return `${writeKey(key, manner.style.quote, false)}:${join(emitValue(value, column, 'key', manner), manner.eol)}`
}

/** The first key of a map stands on the line of the `-`, two columns in. */
export function emitItemEntry(value: Json, column: number, manner: Manner): string {
  const { items } = manner
  if (items === undefined || !isMap(value)) return textOfItem(value, column, manner)
  let known = items.get(value)
  if (known?.column !== column) items.set(value, (known = { column, text: textOfItem(value, column, manner) }))
  return known.text
}

function textOfItem(value: Json, column: number, manner: Manner): string {
  const isBlock =
    (isMap(value) || isList(value)) && !isEmptyValue(value) && !manner.inFlow && !isShortList(value, manner.style)
  if (isBlock) return `- ${emitBody(value, column + 2, manner)}`
  return `-${join(emitValue(value, column, 'item', manner), manner.eol)}`
}

export function join({ rest, lines }: Emitted, eol: string): string {
  return `${rest === '' ? '' : ` ${rest}`}${eol}${lines}`
}

/** All entries, the first one without its indentation. */
function emitBody(value: Json, column: number, manner: Manner): string {
  const inner = { style: manner.style, eol: manner.eol, items: manner.items }
  const entries = isList(value)
    ? value.map((item) => emitItemEntry(item, column, inner))
    : Object.entries(value as object).map(([key, item]) => emitKeyEntry(key, item as Json, column, inner))
  return entries.join(' '.repeat(column))
}

/** On one line, in brackets where it is a map or a list. */
export function emitFlow(value: Json, manner: Manner & { readonly inBrackets?: boolean }): string {
  const { style } = manner
  if (isMap(value)) {
    const pairs = Object.keys(value).map((key) => emitFlowPair(key, value[key] as Json, manner))
    return pairs.length === 0 ? '{}' : `{${style.mapPadding}${pairs.join(', ')}${style.mapPadding}}`
  }
  if (isList(value)) {
    const items = value.map((item) => emitFlow(item, { style, eol: manner.eol, inBrackets: true }))
    return items.length === 0 ? '[]' : `[${style.listPadding}${items.join(', ')}${style.listPadding}]`
  }
  return writeScalar(value, { inFlow: manner.inBrackets === true, quote: style.quote, style: manner.quote })
}

export function emitFlowPair(key: string, value: Json, { style, eol, quote }: Manner): string {
  return `${writeKey(key, style.quote, true)}: ${emitFlow(value, { style, eol, quote, inBrackets: true })}`
}

export function isEmptyValue(value: Json): boolean {
  return isList(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0
}

/** A list of words where the document writes such lists in brackets. */
function isShortList(value: Json, style: YamlStyle): boolean {
  return (
    style.bracketsLists &&
    isList(value) &&
    value.every((item) => !isMap(item) && !isList(item) && !`${item}`.includes('\n'))
  )
}

/** A whole document. */
export function emitRoot(value: Json, manner: Manner): string {
  if ((isMap(value) || isList(value)) && !isEmptyValue(value)) return emitBody(value, 0, manner)
  return emitFlow(value, manner) + manner.eol
}
