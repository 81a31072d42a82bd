import type { FieldChange, Upgrade } from '../desired/index.ts'
import { cell, code, table } from './markdown.ts'

type Moved = Upgrade & { kind: 'clean' | 'conflicted' }

const shownFields = 60

export function upgradeTitle({ tenant, workflow, to, conflicts }: Moved): string {
  const decide =
    conflicts.length === 0 ? '' : `: ${conflicts.length} ${conflicts.length === 1 ? 'conflict' : 'conflicts'} to decide`
  return `Upgrade ${workflow} to ${to} for ${tenant}${decide}`
}

/** What a person reads before deciding: every conflict with its three sides, then what changes for the tenant. */
export function upgradeBody(upgrade: Moved): string {
  const { tenant, workflow, from, to, conflicts, notices, fields, edit } = upgrade
  const parts = [
    `\`${workflow}\` moves from ${from} to ${to} for \`${tenant}\`; \`${edit.file}\` keeps what it changes.`,
  ]
  if (conflicts.length > 0) {
    parts.push(
      `## To decide\n\nBoth sides changed the same thing. Until somebody decides, the tenant keeps its own value and stays where it is.\n\n${table(
        ['path', 'kind', 'base', 'ours', 'theirs'],
        conflicts.map(({ path, type, base, ours, theirs }) => [code(path), type, cell(base), cell(ours), cell(theirs)]),
      )}`,
      `\`\`\`sh\n${conflicts.map(({ path }) => `headwater upgrade ${tenant} ${workflow} --to ${to} --take ours '${path}'`).join('\n')}\n\`\`\``,
    )
  }
  if (notices.length > 0)
    parts.push(
      `## To read\n\n${notices.map((notice) => `* ${notice.code} at ${code(notice.path.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' › '))}`).join('\n')}`,
    )
  const shown = fields.slice(0, shownFields)
  parts.push(
    shown.length === 0
      ? 'The effective workflow does not change.'
      : `## What changes for ${tenant}\n\n${table(['field', 'change', 'from', 'to'], shown.map(row))}${fields.length > shown.length ? `\n\n… and ${fields.length - shown.length} more fields` : ''}`,
  )
  return parts.join('\n\n')
}

function row({ path, kind, from, to }: FieldChange): string[] {
  return [code(path), kind, cell(from), cell(to)]
}
