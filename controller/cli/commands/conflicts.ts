import { upgradeCommand } from '../../core/authoring/upgrade-text.ts'
import { type HeldConflict, heldConflicts } from '../../core/desired/index.ts'
import type { Json } from '../../core/model/values.ts'
import { showSafely } from '../../core/model/terminal-text.ts'
import type { Command } from '../command.ts'
import { offlineOptions, type OpenedFleet, tenantOf, withFleet } from '../open-fleet.ts'
import { count, type Output } from '../output.ts'

export const conflicts: Command = {
  name: 'conflicts',
  summary: 'what holds tenants back from a newer release, and who has to decide it',
  args: [['[tenant]', 'only at this tenant and below']],
  options: offlineOptions,
  examples: ['headwater conflicts', 'headwater conflicts acme/north', 'headwater conflicts -o json --ref main'],
  run: (call) =>
    withFleet(call, async (fleet) => {
      const [below = ''] = call.args
      if (below !== '' && !fleet.desired.tenants.has(below)) tenantOf(fleet, below)
      const held = heldConflicts(fleet.desired, below)
      const placed = await Promise.all(held.map((conflict) => withPlaces(fleet, conflict)))
      if (call.out.isJson) call.out.json(placed)
      else {
        const groups = Map.groupBy(placed, (conflict) => `${conflict.workflow} ${conflict.triple}`)
        for (const group of groups.values()) showGroup(call.out, group, placed)
        const tenants = new Set(placed.flatMap((conflict) => conflict.tenants))
        call.out.line(
          placed.length === 0
            ? 'no conflicts'
            : `${count(groups.size, 'decision')} to make, ${count(tenants.size, 'tenant')} held back`,
        )
      }
      return placed.length > 0 ? 1 : 0
    }),
}

async function withPlaces(fleet: OpenedFleet, conflict: HeldConflict) {
  const { base, ours, theirs } = conflict.positions
  const [atBase, atOurs, atTheirs] = await Promise.all(
    [base, ours, theirs].map(({ file, path }) => fleet.places.find(file, path)),
  )
  const shown = (place: typeof atBase) => place && { file: place.file, line: place.line, column: place.column }
  return { ...conflict, positions: { base: shown(atBase), ours: shown(atOurs), theirs: shown(atTheirs) } }
}

type Placed = Awaited<ReturnType<typeof withPlaces>>

/** Equal differences of several levels are one decision. An upgrade of a level decides all it has to decide. */
function showGroup(out: Output, group: readonly Placed[], all: readonly Placed[]): void {
  const [first] = group
  if (!first) return
  const { workflow, path, type, from, to, positions, level, lockedBy, renameHint } = first
  out.line(
    `${out.style('bold', `${workflow.replace(/^:/, '')} ${from} → ${to}`)}  ${showSafely(path)}  ${out.style('red', type)}  ${first.id}`,
  )
  const where = (place: { file: string; line: number } | undefined): string =>
    out.style('dim', place ? `${place.file}:${place.line}` : '')
  out.line(`  base    ${brief(first.base)}  ${where(positions.base)}`)
  out.line(`  ours    ${brief(first.ours)}  ${where(positions.ours)}`)
  out.line(`  theirs  ${brief(first.theirs)}  ${where(positions.theirs)}`)
  if (lockedBy !== undefined) out.line(`  locked by ${lockedBy}`)
  if (renameHint)
    out.line(`  perhaps renamed to ${showSafely(renameHint.to)} (${Math.round(renameHint.similarity * 100)} % alike)`)
  out.line(
    `  decided by ${group.map((conflict) => conflict.level).join(', ')}; holds back ${count(new Set(group.flatMap((conflict) => conflict.tenants)).size, 'tenant')}`,
  )
  if (first.hint !== undefined) out.line(`  ${first.hint}`)
  if (first.resolutions.length === 0) return out.line()
  const whole = all.filter((other) => other.level === level && other.workflow === workflow && other.to === to)
  const decide = upgradeCommand(level, workflow.slice(workflow.indexOf(':') + 1), to, whole)
  out.line(`  ${decide}${group.length > 1 ? ' --everywhere' : ''}`)
  out.line()
}

function brief(value: Json | undefined): string {
  if (value === undefined) return '(absent)'
  const text = showSafely(JSON.stringify(value))
  return text.length > 90 ? `${text.slice(0, 87)}…` : text
}
