import { type ParsedNode, isScalar } from 'yaml'
import { type Source, placeAt } from './document-source.ts'
import { kindOf } from './gate-kind.ts'
import type { KindName } from './generated/kinds.ts'
import { findIn, textOf } from './locate-node.ts'
import type { Problem } from './problems.ts'
import { type Whereabouts, toProblem } from './schema-finding.ts'
import { inOrder, schemaProblems } from './schema-problems.ts'
import type { Json } from './values.ts'
import { isLeftOut, readYaml } from './yaml-read.ts'

type Reading =
  | { readonly kind: 'fits'; readonly value: Json }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }

/** The slow reading, which makes every verdict against a file and knows the place of everything. */
export function readStrictly(source: Source, kinds: readonly KindName[]): Reading {
  const read = readYaml(source)
  if (read.kind === 'unreadable') return { kind: 'problems', problems: read.problems }
  const { root, value } = read
  const where = whereaboutsIn(source, root)
  const kind = kindOf(value, kinds)
  const unfit =
    kind.kind === 'known' ? schemaProblems(kind.name, value, where) : [toProblem(kind.finding, undefined, value, where)]
  const problems = inOrder([...read.problems, ...unfit])
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'fits', value }
}

function start(node: ParsedNode | null | undefined): number {
  return node?.range[0] ?? 0
}

function whereaboutsIn(source: Source, root: ParsedNode): Whereabouts {
  const find = findIn(root)
  return {
    placeAt: (offset) => placeAt(source, offset),
    keyOffset: (path) => {
      const { key, value } = find(path)
      return start(key ?? value)
    },
    valueOffset: (path) => {
      const { key, value } = find(path)
      return start(value && !isLeftOut(value) ? value : (key ?? value))
    },
    written: (path) => {
      const { value } = find(path)
      return isScalar(value) ? textOf(value) : undefined
    },
  }
}
