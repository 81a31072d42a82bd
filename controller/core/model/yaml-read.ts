import { type ParsedNode, isScalar } from 'yaml'
import { type Source, placeAt } from './document-source.ts'
import { textOf } from './locate-node.ts'
import { type Problem, problem } from './problems.ts'
import type { Json } from './values.ts'
import { composeYaml } from './yaml-compose.ts'
import { prescanYaml } from './yaml-prescan.ts'
import { convertNodes } from './yaml-value.ts'

type Read =
  | { readonly kind: 'read'; readonly root: ParsedNode; readonly value: Json; readonly problems: readonly Problem[] }
  | { readonly kind: 'unreadable'; readonly problems: readonly Problem[] }

/** A text as a plain value with the nodes it came from, step by step: what one step refuses reaches no later one. */
export function readYaml(source: Source): Read {
  const refused = prescanYaml(source)
  if (refused.length > 0) return { kind: 'unreadable', problems: refused }
  const composed = composeYaml(source)
  if (composed.kind === 'problems') return { kind: 'unreadable', problems: composed.problems }
  const root = composed.document.contents
  if (root === null || isLeftOut(root)) {
    return {
      kind: 'unreadable',
      problems: [problem('yaml-empty', 'the file holds no document', { place: placeAt(source, 0) })],
    }
  }
  const { value, problems, isCut } = convertNodes(source, root)
  return isCut ? { kind: 'unreadable', problems } : { kind: 'read', root, value, problems }
}

/** A value that nothing was written for, as after `key:`. */
export function isLeftOut(node: ParsedNode): boolean {
  return isScalar(node) && node.type === 'PLAIN' && textOf(node) === ''
}
