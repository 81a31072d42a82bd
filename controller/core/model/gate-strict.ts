import { isScalar } from 'yaml'
import { type Source, placeAt } from './document-source.ts'
import { kindOf } from './gate-kind.ts'
import type { KindName } from './generated/kinds.ts'
import { findIn, textOf } from './locate-node.ts'
import { type Problem, problem } from './problems.ts'
import { type Whereabouts, toProblem } from './schema-finding.ts'
import { inOrder, schemaProblems } from './schema-problems.ts'
import type { Json } from './values.ts'
import { composeYaml } from './yaml-compose.ts'
import { prescanYaml } from './yaml-prescan.ts'
import { convertNodes } from './yaml-value.ts'

export type Reading =
  | { readonly kind: 'read'; readonly value: Json }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }

/** The slow reading, which makes every verdict against a file and knows the place of everything. */
export function readStrictly(source: Source, kinds?: readonly KindName[]): Reading {
  const refused = prescanYaml(source)
  if (refused.length > 0) return { kind: 'problems', problems: refused }
  const composed = composeYaml(source)
  if (composed.kind === 'problems') return composed

  const root = composed.document.contents
  if (root === null || (isScalar(root) && textOf(root) === '' && root.type === 'PLAIN')) {
    return {
      kind: 'problems',
      problems: [problem('yaml-empty', 'the file holds no document', { place: placeAt(source, 0) })],
    }
  }
  const { value, problems, isCut } = convertNodes(source, root)
  if (isCut) return { kind: 'problems', problems }

  const where = whereaboutsIn(source, findIn(root))
  const kind = kindOf(value, kinds)
  const unfit =
    kind.kind === 'known' ? schemaProblems(kind.name, value, where) : [toProblem(kind.finding, undefined, value, where)]
  const all = inOrder([...problems, ...unfit])
  return all.length > 0 ? { kind: 'problems', problems: all } : { kind: 'read', value }
}

function whereaboutsIn(source: Source, find: ReturnType<typeof findIn>): Whereabouts {
  const start = (node: { range?: readonly number[] | null } | null | undefined) => node?.range?.[0]
  return {
    keyPlace: (path) => {
      const { key, value } = find(path)
      return placeAt(source, start(key) ?? start(value) ?? 0)
    },
    valuePlace: (path) => {
      const { key, value } = find(path)
      // A value that is left out has no place of its own.
      const isThere = isScalar(value) ? textOf(value) !== '' || value.type !== 'PLAIN' : value !== null
      return placeAt(source, start(isThere ? value : key) ?? start(key) ?? 0)
    },
    written: (path) => {
      const { value } = find(path)
      return isScalar(value) ? textOf(value) : undefined
    },
  }
}
