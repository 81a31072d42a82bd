import { isList, isMap, type Json } from '../model/values.ts'
import type { SourceNode } from './yaml-source.ts'
import type { Quote } from './yaml-scalar-text.ts'

/** How a document is written where there is a choice; what is new follows its majority. */
export interface YamlStyle {
  /** Columns from a key to the keys of its value. */
  readonly step: number
  /** Items stand further right than their key. */
  readonly indentsLists: boolean
  readonly quote: Quote
  /** Lists of scalars stand in brackets. */
  readonly bracketsLists: boolean
  readonly mapPadding: '' | ' '
  readonly listPadding: '' | ' '
}

export function styleOf(root: SourceNode): YamlStyle {
  const count = new Count()
  count.node(root, undefined)
  const steps = [...count.steps].sort(([, a], [, b]) => b - a)
  return {
    step: steps[0]?.[0] ?? 2,
    indentsLists: count.indented >= count.flush,
    quote: count.double > count.single ? 'double' : 'single',
    bracketsLists: count.bracketed > count.listed,
    mapPadding: count.tightMaps > count.paddedMaps ? '' : ' ',
    listPadding: count.paddedLists > count.tightLists ? ' ' : '',
  }
}

class Count {
  readonly steps = new Map<number, number>()
  indented = 0
  flush = 0
  double = 0
  single = 0
  bracketed = 0
  listed = 0
  tightMaps = 0
  paddedMaps = 0
  paddedLists = 0
  tightLists = 0

  node(node: SourceNode, owner: number | undefined): void {
    if (node.kind === 'single') this.single++
    else if (node.kind === 'double') this.double++
    if (node.kind !== 'flow' && node.kind !== 'block') return
    if (node.kind === 'flow') this.#flow(node.text, node.start, node.isMap, node.value)
    else {
      if (!node.isMap && isWords(node.value)) this.listed++
      if (owner !== undefined && !node.isCompact) this.#step(node.column - owner, node.isMap)
    }
    for (const entry of node.entries) {
      const isKey = entry.key !== undefined && node.kind === 'block'
      this.node(entry.node, isKey ? node.column : undefined)
    }
  }

  #step(step: number, isMap: boolean): void {
    if (!isMap && step > 0) this.indented++
    else if (!isMap) this.flush++
    if (step > 0) this.steps.set(step, (this.steps.get(step) ?? 0) + 1)
  }

  #flow(text: string, start: number, asMap: boolean, value: Json): void {
    if (isWords(value)) this.bracketed++
    const isFilled = isMap(value) ? Object.keys(value).length > 0 : isList(value) && value.length > 0
    if (!isFilled) return
    const isPadded = /\s/.test(text[start + 1] as string)
    if (asMap && isPadded) this.paddedMaps++
    else if (asMap) this.tightMaps++
    else if (isPadded) this.paddedLists++
    else this.tightLists++
  }
}

function isWords(value: Json): boolean {
  return isList(value) && value.length > 0 && value.every((item) => !isMap(item) && !isList(item))
}
