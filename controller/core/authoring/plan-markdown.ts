import type { Effect, FieldChange, HeldConflict, Impact, Reach } from '../desired/index.ts'
import type { Problem } from '../model/problems.ts'
import { cell, code, escape, table } from './markdown.ts'

/** What one comment of a pull request takes on GitHub. */
const budget = 65_536

/** How much is shown, from generous to terse; the first that fits is taken. */
const levels = [
  { fields: 40, effects: 60, tenants: 12, value: 160, rows: 60 },
  { fields: 12, effects: 40, tenants: 6, value: 100, rows: 30 },
  { fields: 5, effects: 25, tenants: 4, value: 60, rows: 20 },
  { fields: 0, effects: 15, tenants: 3, value: 40, rows: 10 },
]
type Level = (typeof levels)[number]

/**
 * The plan as one comment. Errors and conflicts are never left out before everything else is; equal effects are told
 * once, with how many tenants they concern.
 */
export function planMarkdown(impact: Impact): string {
  for (const level of levels) {
    const text = render(impact, level)
    if (text.length <= budget) return text
  }
  const text = render(impact, levels.at(-1) as Level)
  const kept = text.slice(0, text.lastIndexOf('\n', budget - 120))
  return `${kept}\n\n… cut here: \`headwater plan -o json\` has everything.\n`
}

function render(impact: Impact, level: Level): string {
  const { plan, refusals, newConflicts, effects, contextOnly } = impact
  const touched = plan.changes.length
  const workflows = new Set(effects.map((effect) => effect.workflow)).size
  const removed = plan.changes.filter((change) => change.kind === 'remove').map((change) => change.path)
  const destructive = impact.newActions.filter(({ what }) => what.effect === 'destructive')
  const summary: [string, string][] = [
    ['tenants that change', `${touched} of ${touched + plan.unchanged}`],
    ['workflows that change', String(workflows)],
    ['errors', String(refusals.length)],
    ['new conflicts', String(newConflicts.length)],
    ['tenants held back', String(impact.heldTenants.length)],
    ['tenants removed', String(removed.length)],
    [
      'new actions',
      `${impact.newActions.length}${destructive.length > 0 ? `, ${destructive.length} destructive` : ''}`,
    ],
    ['new connections', String(impact.newConnections.length)],
    ['new approvals', String(impact.newApprovals.length)],
    ['approvals that go', String(impact.droppedApprovals.length)],
    ['new rights', String(impact.newRights.length)],
  ]
  const parts = [
    `## ${refusals.length > 0 ? '✗ must not be merged' : touched === 0 ? '✓ no tenant changes' : '✓ may be merged'}`,
    table(
      ['', ''],
      summary.filter(([, value]) => value !== '0'),
    ),
    section('Errors', refusals.map(problemLine)),
    section('Conflicts', conflictRows(newConflicts, level)),
    section('Removed', removed.length > 0 ? [named(removed, level)] : []),
    section(
      'Destructive actions that come into use',
      reach(destructive, level, ({ action }) => code(action)),
    ),
    section(
      'New actions',
      reach(
        impact.newActions.filter((item) => !destructive.includes(item)),
        level,
        ({ action, effect }) => `${code(action)} (${effect})`,
      ),
    ),
    section(
      'New connections and the secrets they send',
      reach(
        impact.newConnections,
        level,
        ({ connection, owner, connector, secret }) =>
          `${code(`${owner}/${connection}`)} to ${connector}${secret === undefined ? '' : ` with ${code(secret)}`}`,
      ),
    ),
    section(
      'Approvals that come',
      reach(impact.newApprovals, level, ({ action, reason }) => `${code(action)}: ${escape(reason)}`),
    ),
    section(
      'Approvals that go',
      reach(impact.droppedApprovals, level, ({ action }) => code(action)),
    ),
    section(
      'Tags',
      reach(
        impact.tagChanges,
        level,
        ({ tag, from, to }) => `${code(tag)} ${escape(from ?? '–')} → ${escape(to ?? '–')}`,
      ),
    ),
    section(
      'Rights that a tenant’s people or ours get',
      reach(
        impact.newRights,
        level,
        ({ binding, role, subjects }) => `${code(role)} for ${subjects.map(escape).join(', ')} (${code(binding)})`,
      ),
    ),
    ...effects.slice(0, level.effects).map((effect) => effectSection(effect, level)),
    effects.length > level.effects
      ? `… and ${effects.length - level.effects} more kinds of change: \`headwater plan -o json\` has them all.`
      : '',
    section('Tags, values or connections only', contextOnly.length > 0 ? [named(contextOnly, level)] : []),
    section(
      'Frozen',
      plan.frozen.slice(0, level.rows).map(({ path, cause }) => `* ${code(path)}: ${escape(cause.message)}`),
    ),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function effectSection({ workflow, kind, releases, tenants, fields }: Effect, level: Level): string {
  const moved =
    releases.from !== undefined && releases.to !== undefined && releases.from !== releases.to
      ? ` ${releases.from} → ${releases.to}`
      : ''
  const head = `### ${code(workflow)} ${kind}${moved}: the same for ${tenants.length === 1 ? 'one tenant' : `${tenants.length} tenants`}\n\n${named(tenants, level)}`
  if (fields.length === 0 || level.fields === 0) return head
  const rows = fields.slice(0, level.fields).map((field) => fieldRow(field, level))
  const more = fields.length > level.fields ? `\n\n… and ${fields.length - level.fields} more fields` : ''
  return `${head}\n\n<details><summary>${fields.length} fields</summary>\n\n${table(['field', 'change', 'from', 'to'], rows)}${more}\n\n</details>`
}

function fieldRow({ path, kind, from, to }: FieldChange, level: Level): string[] {
  return [code(path), kind, cell(from, level.value), cell(to, level.value)]
}

/** One row a decision: equal differences of several levels stand together. */
function conflictRows(conflicts: readonly HeldConflict[], level: Level): string[] {
  if (conflicts.length === 0) return []
  const groups = [...Map.groupBy(conflicts, (conflict) => `${conflict.workflow} ${conflict.triple}`).values()]
  const rows = groups.map((group) => {
    const [first] = group as [HeldConflict]
    const tenants = new Set(group.flatMap((conflict) => conflict.tenants)).size
    const owners = group.map((conflict) => conflict.level)
    return [
      code(first.workflow.replace(/^:/, '')),
      code(first.path),
      first.type,
      cell(first.base, level.value),
      cell(first.ours, level.value),
      cell(first.theirs, level.value),
      named(owners, level),
      String(tenants),
    ]
  })
  return [table(['workflow', 'path', 'kind', 'base', 'ours', 'theirs', 'decided by', 'tenants'], rows)]
}

function reach<T>(items: readonly Reach<T>[], level: Level, name: (what: T) => string): string[] {
  const lines = items.slice(0, level.rows).map(({ what, tenants }) => `* ${name(what)}: ${named(tenants, level)}`)
  return items.length > level.rows ? [...lines, `* … and ${items.length - level.rows} more`] : lines
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `### ${title}\n\n${lines.join('\n')}`
}

function problemLine({ code: kind, message, place, tenant }: Problem): string {
  const where = place ? `${code(`${place.file}:${place.line}`)} ` : ''
  return `* ${where}**${kind}** ${escape(message)}${tenant === undefined ? '' : ` (${code(tenant)})`}`
}

function named(tenants: readonly string[], level: Level): string {
  const shown = tenants.slice(0, level.tenants).map(code).join(', ')
  return tenants.length > level.tenants ? `${shown} and ${tenants.length - level.tenants} more` : shown
}
