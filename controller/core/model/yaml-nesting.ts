import { caps } from './caps.ts'
import type { ProblemCode } from './problems.ts'

export interface Refusal {
  readonly code: ProblemCode
  readonly offset: number
  readonly message: string
  readonly hint?: string
}

/** A bracket that is still open. */
interface Flow {
  readonly offset: number
  readonly bracket: string
  /** `:` since the last comma. */
  colons: number
  /** Nothing stands since the bracket or the last comma. */
  isFresh: boolean
}

/** Which collections are open after a token. It is exact for well-formed text and never too small for any other. */
export interface Nesting {
  /** Block collections, outermost first: twice the column, plus one for a list, which may share its map's column. */
  readonly blocks: number[]
  readonly flows: Flow[]
  /** Column of what the next `:` on this line makes a key; -1 where that is the `:` itself. */
  keyColumn: number
}

export function newNesting(): Nesting {
  return { blocks: [], flows: [], keyColumn: -1 }
}

export const quoteIt = 'if this is meant as text, put it in quotes'

/** Follows one token that says something; `type` is the token's type, or `text` for a scalar without quotes. */
export function follow(
  nesting: Nesting,
  type: string | null,
  token: string,
  offset: number,
  column: number,
): Refusal | undefined {
  const refusal =
    nesting.flows.length > 0
      ? followInFlow(nesting, type, token, offset)
      : followInBlock(nesting, type, token, offset, column)
  if (refusal) return refusal
  if (nesting.blocks.length + nesting.flows.length <= caps.depth) return undefined
  return { code: 'too-deep', offset, message: `values are nested deeper than ${caps.depth} levels here` }
}

/** The innermost bracket that is still open where the text ends, or where its indentation does. */
export function unclosed(nesting: Nesting, where: string): Refusal | undefined {
  const flow = nesting.flows.at(-1)
  return flow && { code: 'yaml-syntax', offset: flow.offset, message: `\`${flow.bracket}\` is not closed ${where}` }
}

function followInBlock(
  nesting: Nesting,
  type: string | null,
  token: string,
  offset: number,
  column: number,
): Refusal | undefined {
  switch (type) {
    case 'seq-item-ind':
      openBlock(nesting, 2 * column + 1)
      return undefined
    case 'explicit-key-ind':
      openBlock(nesting, 2 * column)
      return undefined
    case 'map-value-ind':
      openBlock(nesting, 2 * (nesting.keyColumn === -1 ? column : nesting.keyColumn))
      return undefined
    case 'flow-map-end':
    case 'flow-seq-end':
      return { code: 'yaml-syntax', offset, message: `\`${token}\` closes nothing` }
  }
  if (nesting.keyColumn === -1) nesting.keyColumn = column
  if (type === 'flow-map-start' || type === 'flow-seq-start') openFlow(nesting, token, offset)
  return undefined
}

function openBlock(nesting: Nesting, rank: number): void {
  const { blocks } = nesting
  while (blocks.length > 0 && (blocks.at(-1) as number) > rank) blocks.pop()
  if (blocks.at(-1) !== rank) blocks.push(rank)
  nesting.keyColumn = -1
}

function openFlow(nesting: Nesting, bracket: string, offset: number): void {
  nesting.flows.push({ offset, bracket, colons: 0, isFresh: true })
}

function followInFlow(nesting: Nesting, type: string | null, token: string, offset: number): Refusal | undefined {
  const flow = nesting.flows.at(-1) as Flow
  const syntax = (message: string, hint?: string): Refusal => ({
    code: 'yaml-syntax',
    offset,
    message,
    ...(hint ? { hint } : {}),
  })
  switch (type) {
    case 'comma':
      if (flow.isFresh) return syntax('nothing stands before this comma')
      flow.colons = 0
      flow.isFresh = true
      return undefined
    case 'seq-item-ind':
      return syntax('a `-` item cannot stand inside brackets', quoteIt)
    case 'flow-map-end':
    case 'flow-seq-end':
      if ((flow.bracket === '[') !== (token === ']')) return syntax(`\`${token}\` closes a \`${flow.bracket}\``)
      nesting.flows.pop()
      return undefined
    case 'map-value-ind':
      // The composer nests one map in the other here, as deep as the line is long.
      if (++flow.colons > 1) return syntax('a second `:` stands in one entry', quoteIt)
  }
  flow.isFresh = false
  if (type === 'flow-map-start' || type === 'flow-seq-start') openFlow(nesting, token, offset)
  return undefined
}
