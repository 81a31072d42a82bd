import { isMap } from '../model/values.ts'
import type { SourceNode } from './yaml-source.ts'

/** The maps that a `<<` takes in, the strongest first; undefined where it is an ordinary key. */
export function sourcesOf(node: SourceNode): readonly SourceNode[] | undefined {
  if (isMap(node.value)) return [node]
  if ((node.kind !== 'flow' && node.kind !== 'block') || node.isMap || node.entries.length === 0) return undefined
  const nodes = node.entries.map((entry) => entry.node)
  return nodes.every(({ value }) => isMap(value)) ? nodes : undefined
}
