import { showSafely } from '../../core/model/terminal-text.ts'
import { type Comparison, compareStates, type Effect, type FieldChange } from '../../core/desired/index.ts'
import type { Json } from '../../core/model/values.ts'
import { type Call, type Command, text } from '../command.ts'
import { offlineOptions, withFleet } from '../open-fleet.ts'
import { count, type Output } from '../output.ts'

export const plan: Command = {
  name: 'plan',
  summary: 'what a change does to every tenant, with equal effects told once',
  options: [
    offlineOptions[0],
    ['--from <revision>', 'the state before (default: HEAD)'],
    ['--to <revision>', 'the state after (default: the working tree)'],
  ],
  examples: [
    'headwater plan',
    'headwater plan --from main --to my-branch',
    'headwater plan --from HEAD~1 --to HEAD -o json',
  ],
  run: (call) =>
    withFleet(
      call,
      (before) =>
        withFleet(call, async (after) => show(call, compareStates(before.desired, after.desired)), text(call, 'to')),
      text(call, 'from') ?? 'HEAD',
    ),
}

function show(call: Call, comparison: Comparison): 0 | 1 {
  const { plan: changes, effects, contextOnly, digests, problems } = comparison
  const { out } = call
  const isRefused = problems.length > 0 || changes.brake !== undefined
  if (out.isJson) {
    out.json({
      changes: changes.changes.map(({ kind, path, ...rest }) => ({
        kind,
        tenant: path,
        digest: digests.get(path),
        ...('workflows' in rest && { workflows: rest.workflows }),
        ...('from' in rest && { from: rest.from }),
      })),
      unchanged: changes.unchanged,
      frozen: changes.frozen.map(({ path, cause }) => ({ tenant: path, code: cause.code, message: cause.message })),
      effects,
      contextOnly,
      problems,
      brake: changes.brake ?? null,
    })
    return isRefused ? 1 : 0
  }
  const touched = changes.changes.length
  out.line(
    touched === 0
      ? `no tenant changes (${count(changes.unchanged, 'tenant')} unchanged)`
      : `${count(touched, 'tenant')} of ${touched + changes.unchanged} change`,
  )
  for (const effect of effects) showEffect(out, effect)
  if (contextOnly.length > 0)
    out.line(`\n${out.style('bold', 'tags, values or connections')} change for ${listed(contextOnly)}`)
  const removed = changes.changes.filter((change) => change.kind === 'remove').map((change) => change.path)
  if (removed.length > 0) out.line(`\n${out.style('red', 'removed')}: ${listed(removed)}`)
  if (changes.frozen.length > 0) out.line(`\nfrozen: ${listed(changes.frozen.map(({ path }) => path))}`)
  if (problems.length > 0) out.line()
  out.problems(changes.brake ? [...problems, changes.brake] : problems)
  return isRefused ? 1 : 0
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

function listed(tenants: readonly string[]): string {
  return tenants.length <= 5 ? tenants.join(', ') : `${tenants.slice(0, 4).join(', ')} and ${tenants.length - 4} more`
}

function brief(value: Json | undefined): string {
  const shown = showSafely(JSON.stringify(value) ?? '')
  return shown.length > 80 ? `${shown.slice(0, 77)}…` : shown
}
