import type { FieldChange, RaisedConflict, Upgrade } from '../desired/index.ts'
import { showSafely } from '../model/terminal-text.ts'
import { cell, code, table } from './markdown.ts'

type Moved = Upgrade & { kind: 'clean' | 'conflicted' }

/** What GitHub takes as the title and the body of a pull request. */
const limits = { title: 256, body: 65_536 }

/** How much is shown, from generous to terse; the first that fits is taken. */
const levels = [
  { fields: 60, value: 200, conflicts: Number.POSITIVE_INFINITY, notices: 60 },
  { fields: 20, value: 80, conflicts: Number.POSITIVE_INFINITY, notices: 20 },
  { fields: 0, value: 40, conflicts: Number.POSITIVE_INFINITY, notices: 0 },
  { fields: 0, value: 20, conflicts: 100, notices: 0 },
  { fields: 0, value: 20, conflicts: 10, notices: 0 },
]
type Level = (typeof levels)[number]

export function upgradeTitle({ tenant, workflow, to, conflicts }: Moved): string {
  const decide =
    conflicts.length === 0 ? '' : `: ${conflicts.length} ${conflicts.length === 1 ? 'conflict' : 'conflicts'} to decide`
  const title = `Upgrade ${workflow} to ${to} for ${tenant}`
  const room = limits.title - decide.length
  return `${title.length > room ? `${title.slice(0, room - 1)}…` : title}${decide}`
}

/** What a person reads before deciding: every conflict with its three sides, then what changes for the tenant. */
export function upgradeBody(upgrade: Moved): string {
  const texts = levels.values().map((level) => bodyAt(upgrade, level))
  return (
    texts.find((text) => text.length <= limits.body) ?? bodyAt({ ...upgrade, conflicts: [] }, levels.at(-1) as Level)
  )
}

function bodyAt({ tenant, workflow, from, to, conflicts, notices, fields, edit }: Moved, level: Level): string {
  const parts = [
    `\`${workflow}\` moves from ${from} to ${to} for \`${tenant}\`; \`${edit.file}\` keeps what it changes.`,
  ]
  if (conflicts.length > 0) {
    const told = conflicts.slice(0, level.conflicts)
    parts.push(
      `## To decide\n\nBoth sides changed the same thing. Until somebody decides, the tenant keeps its own value and stays where it is.\n\n${table(
        ['path', 'kind', 'base', 'ours', 'theirs'],
        told.map(({ path, type, base, ours, theirs }) => [
          code(path),
          type,
          ...[base, ours, theirs].map((value) => cell(value, level.value)),
        ]),
      )}`,
    )
    if (told.length < conflicts.length) parts.push(`… and ${conflicts.length - told.length} more conflicts`)
    parts.push(`\`\`\`sh\n${upgradeCommand(tenant, workflow, to, told)}\n\`\`\``)
  }
  const notes = notices
    .slice(0, level.notices)
    .map(
      (notice) =>
        `* ${notice.code} at ${code(notice.path.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' › '))}`,
    )
  if (notes.length > 0) parts.push(`## To read\n\n${notes.join('\n')}`)
  const shown = fields.slice(0, level.fields)
  const more = fields.length - shown.length
  if (fields.length === 0) parts.push('The effective workflow does not change.')
  else if (shown.length === 0) parts.push(`${more} fields change for \`${tenant}\`.`)
  else
    parts.push(
      `## What changes for ${tenant}\n\n${table(
        ['field', 'change', 'from', 'to'],
        shown.map((field) => row(field, level)),
      )}${more > 0 ? `\n\n… and ${more} more fields` : ''}`,
    )
  return parts.join('\n\n')
}

/** The command that decides these conflicts, each for the tenant's side where that may be chosen. */
export function upgradeCommand(
  tenant: string,
  workflow: string,
  to: string,
  conflicts: readonly Pick<RaisedConflict, 'path' | 'resolutions'>[],
): string {
  const decisions = conflicts.map(({ path, resolutions }) => {
    const side = (['ours', 'theirs'] as const).find((name) => resolutions.includes(name))
    return side === undefined ? `--value ${shellWord(`${path}=VALUE`)}` : `--take ${side} ${shellWord(path)}`
  })
  return [`headwater upgrade ${tenant} ${workflow} --to ${to}`, ...decisions].join(' ')
}

/** One word of a shell, whatever stands in it: a path holds keys that anybody may have chosen. */
function shellWord(text: string): string {
  if (showSafely(text) === text) return `'${text.replaceAll("'", "'\\''")}'`
  return `$'${showSafely(text.replaceAll('\\', '\\\\').replaceAll("'", "\\'"))}'`
}

function row({ path, kind, from, to }: FieldChange, { value }: Level): string[] {
  return [code(path), kind, cell(from, value), cell(to, value)]
}
