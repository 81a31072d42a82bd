import { planMarkdown } from '../../core/authoring/plan-markdown.ts'
import { type Effect, type FieldChange, type Impact, impactOf, type Reach } from '../../core/desired/index.ts'
import { showSafely } from '../../core/model/terminal-text.ts'
import type { Json } from '../../core/model/values.ts'
import { type Call, type Command, text } from '../command.ts'
import { mirrorsOption, offlineOptions, withFleet } from '../open-fleet.ts'
import { count, type Output } from '../output.ts'

export const plan: Command = {
  name: 'plan',
  summary: 'what a change does to every tenant, with equal effects told once; exit 1 when it must not be merged',
  options: [
    offlineOptions[0],
    mirrorsOption,
    ['--from <revision>', 'the state before (default: HEAD)'],
    ['--to <revision>', 'the state after (default: the working tree)'],
  ],
  formats: ['markdown'],
  examples: [
    'headwater plan',
    'headwater plan --from main --to my-branch -o markdown',
    'headwater plan --from HEAD~1 --to HEAD -o json',
  ],
  run: (call) =>
    withFleet(
      call,
      (before) =>
        withFleet(
          call,
          async (after) => {
            const impact = impactOf(before.desired, after.desired)
            const placed = await after.places.place(impact.refusals)
            return show(call, { ...impact, refusals: placed })
          },
          text(call, 'to'),
        ),
      text(call, 'from') ?? 'HEAD',
    ),
}

function show(call: Call, impact: Impact): 0 | 1 {
  const { out, format } = call
  if (format === 'json') out.json(toJson(impact))
  else if (format === 'markdown') out.line(planMarkdown(impact).trimEnd())
  else showText(out, impact)
  return impact.refusals.length > 0 ? 1 : 0
}

function toJson({ plan: { changes, unchanged, frozen, brake }, digests, problems: _, ...impact }: Impact) {
  return {
    changes: changes.map(({ kind, path, ...rest }) => ({
      kind,
      tenant: path,
      ...('from' in rest && { from: rest.from }),
      ...(digests.has(path) && { digest: digests.get(path) }),
      ...('workflows' in rest && { workflows: rest.workflows }),
    })),
    unchanged,
    frozen: frozen.map(({ path, cause }) => ({ tenant: path, code: cause.code, message: cause.message })),
    brake: brake ?? null,
    ...impact,
  }
}

function showText(out: Output, impact: Impact): void {
  const { plan: changes, effects, contextOnly, refusals, newConflicts, heldTenants } = impact
  const touched = changes.changes.length
  const workflows = new Set(effects.map((effect) => effect.workflow)).size
  out.line(
    touched === 0
      ? `no tenant changes (${count(changes.unchanged, 'tenant')} unchanged)`
      : `${count(touched, 'tenant')} of ${touched + changes.unchanged} change, ${count(workflows, 'workflow')}`,
  )
  const removed = changes.changes.filter((change) => change.kind === 'remove').map((change) => change.path)
  if (removed.length > 0) out.line(`${out.style('red', 'removed')}  ${listed(removed)}`)
  for (const effect of effects) showEffect(out, effect)
  if (contextOnly.length > 0)
    out.line(`\n${out.style('bold', 'tags, values or connections')} change for ${listed(contextOnly)}`)
  reach(out, 'new action', impact.newActions, ({ action, effect }) => `${action} (${effect})`)
  reach(
    out,
    'new connection',
    impact.newConnections,
    ({ connection, owner, connector, secret }) =>
      `${owner}/${connection} to ${connector}${secret === undefined ? '' : `, sends secret ${secret}`}`,
  )
  reach(out, 'needs approval', impact.newApprovals, ({ action, reason }) => `${action}: ${reason}`)
  reach(out, 'no more approval', impact.droppedApprovals, ({ action }) => action)
  reach(out, 'tag', impact.tagChanges, ({ tag, from, to }) => `${tag} ${from ?? '–'} → ${to ?? '–'}`)
  reach(
    out,
    'new right',
    impact.newRights,
    ({ role, subjects, binding }) => `${role} for ${subjects.join(', ')} (${binding})`,
  )
  if (newConflicts.length > 0)
    out.line(`\n${out.style('red', count(newConflicts.length, 'new conflict'))}: \`headwater conflicts\` shows them`)
  if (heldTenants.length > 0) out.line(`held back: ${listed(heldTenants)}`)
  if (changes.frozen.length > 0) out.line(`frozen: ${listed(changes.frozen.map(({ path }) => path))}`)
  if (refusals.length > 0) {
    out.line()
    out.problems(refusals)
    out.line(`${out.style('red', 'must not be merged')}: ${count(refusals.length, 'error')}`)
  }
}

const signs: Readonly<Record<FieldChange['kind'], string>> = { added: '+', removed: '-', modified: '~', reordered: '↕' }

function showEffect(out: Output, { workflow, kind, releases, tenants, fields }: Effect): void {
  const moved =
    releases.from !== undefined && releases.to !== undefined && releases.from !== releases.to
      ? ` ${releases.from} → ${releases.to}`
      : ''
  out.line(`\n${out.style('bold', workflow)} ${kind}${moved} for ${listed(tenants)}`)
  for (const field of fields.slice(0, 40)) {
    const change =
      field.kind === 'modified'
        ? `${brief(field.from)} → ${brief(field.to)}`
        : field.kind === 'reordered'
          ? 'in another order'
          : brief(field.to ?? field.from)
    out.line(`  ${signs[field.kind]} ${showSafely(field.path)}  ${change}`)
  }
  if (fields.length > 40) out.line(`  … and ${fields.length - 40} more fields`)
}

function reach<T>(out: Output, title: string, items: readonly Reach<T>[], name: (what: T) => string): void {
  for (const { what, tenants } of items)
    out.line(`\n${out.style('bold', title)} ${showSafely(name(what))} for ${listed(tenants)}`)
}

function listed(tenants: readonly string[]): string {
  return tenants.length <= 5 ? tenants.join(', ') : `${tenants.slice(0, 4).join(', ')} and ${tenants.length - 4} more`
}

function brief(value: Json | undefined): string {
  const shown = showSafely(JSON.stringify(value) ?? '')
  return shown.length > 80 ? `${shown.slice(0, 77)}…` : shown
}
