import type { Change } from './plan.ts'

interface Member {
  readonly at: number
  readonly change: Change
}

/**
 * The changes of a plan in groups that may be applied one after the other: whatever has been applied when it stops, the
 * next plan is the rest of this one. Changes that meet at one path stay together: a tenant that comes to a place which
 * another one leaves must not be taken away with it.
 */
export function inseparable(changes: readonly Change[]): readonly (readonly Change[])[] {
  const groups = new Map<string, Member[]>()
  for (const [at, change] of changes.entries()) {
    const member = { at, change }
    const met = [...new Set(keysOf(change).flatMap((key) => (groups.has(key) ? [groups.get(key) as Member[]] : [])))]
    const group = met.length === 1 ? (met[0] as Member[]) : met.flat()
    group.push(member)
    for (const each of met.length > 1 ? group : [member]) for (const key of keysOf(each.change)) groups.set(key, group)
  }
  return [...new Set(groups.values())]
    .map((group) => group.sort((a, b) => a.at - b.at))
    .sort(([a], [b]) => (a as Member).at - (b as Member).at)
    .map((group) => group.map(({ change }) => change))
}

/** All removals meet: a person may have allowed them by their number, and that holds for all of them or for none. */
function keysOf(change: Change): string[] {
  if (change.kind === 'remove') return [change.path, '']
  return change.from === undefined ? [change.path] : [change.path, change.from]
}
