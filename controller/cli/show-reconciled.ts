import type { Problem } from '../core/model/problems.ts'
import type { Reconciled } from '../reconcile/reconciler.ts'
import type { RunningController } from './running-controller.ts'
import { count, countProblems, type Output } from './output.ts'

const shownTenants = 12

/** One reconcile in a few lines: the revision, what changed for whom, problems, and how long each phase took. */
export function showReconciled(out: Output, reconciled: Reconciled, before: Reconciled | undefined): void {
  if (out.isJson) return
  const { snapshot, desired, plan, timings, problems } = reconciled
  const { commit, uncommitted } = snapshot.revision
  const source = commit === null ? 'a folder without git' : `commit ${commit.slice(0, 12)}`
  const more = uncommitted.length > 0 ? ` + ${count(uncommitted.length, 'uncommitted file')}` : ''
  const subscriptions = [...desired.tenants.values()].reduce(
    (sum, tenant) => sum + (tenant.kind === 'valid' ? tenant.workflows.size : 0),
    0,
  )
  out.line(`${out.style('bold', before ? 'reconciled' : 'Headwater')}  ${source}${more}`)
  if (!before)
    out.line(
      `  ${count(desired.tenants.size, 'tenant')}, ${count(desired.fleet.workflows.size, 'workflow')}, ${count(subscriptions, 'subscription')}`,
    )
  const total = Object.values(timings).reduce((sum, ms) => sum + ms, 0)
  out.line(
    `  ${out.style(
      'dim',
      `${Object.entries(timings)
        .map(([phase, ms]) => `${phase} ${ms.toFixed(0)}`)
        .join(' · ')} · total ${total.toFixed(0)} ms`,
    )}`,
  )
  const { changes } = plan
  out.line(
    changes.length === 0
      ? `  no tenant changes`
      : `  ${count(changes.length, 'tenant')} of ${desired.tenants.size} applied`,
  )
  if (before) for (const change of changes.slice(0, shownTenants)) out.line(`    ${changeLine(change)}`)
  if (before && changes.length > shownTenants) out.line(`    … and ${changes.length - shownTenants} more`)
  if (plan.frozen.length > 0)
    out.line(
      `  ${out.style('red', `✗ ${count(plan.frozen.length, 'tenant')} frozen at the last good state`)}: ${plan.frozen
        .slice(0, 5)
        .map(({ path }) => path)
        .join(', ')}${plan.frozen.length > 5 ? ', …' : ''}`,
    )
  const fresh = newProblems(problems, before?.problems ?? [])
  if (fresh.length > 0) {
    out.line(`  ${countProblems(fresh)}:`)
    out.line()
    out.problems(fresh.slice(0, 20))
  }
  if (plan.brake) out.problems([plan.brake])
}

export function showStart(out: Output, { url, sandboxOrigin, stateFolder, view }: RunningController): void {
  if (out.isJson) return
  out.line()
  out.line(`${out.style('bold', 'listening')}  API      ${url}   (token in ${stateFolder}/token)`)
  out.line(`           alerts   ${url}/hooks/<tenant>   (headwater hook TENANT shows url and secret)`)
  if (sandboxOrigin !== undefined)
    out.line(`           vendors  ${sandboxOrigin}/_sandbox   (the sandbox: what it offers, and what it was sent)`)
  out.line()
  out.line('try  bin/headwater runs')
  const [tenant] = [...(view.reconciled()?.live.values() ?? [])].filter(({ workflows }) => workflows.size > 0)
  if (tenant) out.line(`     bin/headwater explain ${tenant.path} ${[...tenant.workflows.keys()][0]}`)
  out.line('     edit a file under tenants/ and watch what changes here; Ctrl-C stops')
  out.line()
}

function changeLine(change: Reconciled['plan']['changes'][number]): string {
  if (change.kind === 'remove') return `- ${change.path}`
  const { added, updated, removed } = change.workflows
  const parts = [
    ...added.map((name) => `+${name}`),
    ...updated.map((name) => `~${name}`),
    ...removed.map((name) => `-${name}`),
  ]
  const digest = change.tenant.digest.slice(0, 12)
  return `${change.kind === 'create' ? '+' : '~'} ${change.path}  ${parts.join(' ') || 'tags, values or connections'}  ${digest}`
}

function newProblems(problems: readonly Problem[], known: readonly Problem[]): Problem[] {
  const key = (item: Problem): string => `${item.code} ${item.place?.file}:${item.place?.line} ${item.message}`
  const seen = new Set(known.map(key))
  return problems.filter((item) => !seen.has(key(item)))
}
