import type { Progress } from '../reconcile/progress.ts'
import type { Reconciled, ShownChange } from '../reconcile/reconciled.ts'
import type { RunningController } from './running-controller.ts'
import { count, countFindings, type Output } from './output.ts'

const shownTenants = 12

/** One reconcile in a few lines: the revision, what changed for whom, problems, and how long each phase took. */
export function showReconciled(out: Output, reconciled: Reconciled, isFirst: boolean): void {
  if (out.isJson) return
  const { revision, tenants, changes, frozen, fresh, timings, brake } = reconciled
  const { commit, uncommitted } = revision
  const source = commit === null ? 'a folder without git' : `commit ${commit.slice(0, 12)}`
  const more = uncommitted.length > 0 ? ` + ${count(uncommitted.length, 'uncommitted file')}` : ''
  out.line(`${out.style('bold', isFirst ? 'Headwater' : 'reconciled')}  ${source}${more}`)
  if (isFirst)
    out.line(
      `  ${count(tenants, 'tenant')}, ${count(reconciled.workflows, 'workflow')}, ${count(reconciled.subscriptions, 'subscription')}`,
    )
  const total = Object.values(timings).reduce((sum, ms) => sum + ms, 0)
  const phases = Object.entries(timings).map(([phase, ms]) => `${phase} ${ms.toFixed(0)}`)
  out.line(`  ${out.style('dim', `${phases.join(' · ')} · total ${total.toFixed(0)} ms`)}`)
  out.line(changes.count === 0 ? `  no tenant changes` : `  ${count(changes.count, 'tenant')} of ${tenants} applied`)
  if (!isFirst) for (const change of changes.first.slice(0, shownTenants)) out.line(`    ${changeLine(change)}`)
  if (!isFirst && changes.count > shownTenants) out.line(`    … and ${changes.count - shownTenants} more`)
  if (frozen.length > 0)
    out.line(
      `  ${out.style('red', `✗ ${count(frozen.length, 'tenant')} frozen at the last good state`)}: ${frozen
        .slice(0, 5)
        .join(', ')}${frozen.length > 5 ? ', …' : ''}`,
    )
  if (fresh.first.length > 0) {
    out.line(`  ${countFindings(fresh)}:`)
    out.line()
    out.problems(fresh.first)
  }
  if (brake) out.problems([brake])
}

/** A line of a pass that takes its time. */
export function showProgress(out: Output, progress: Progress): void {
  if (!out.isJson) out.line(`  ${out.style('dim', `… ${progressText(progress)}`)}`)
}

/** `apply 3,400 of 10,000 tenants` */
export function progressText({ phase, done, total }: Progress): string {
  if (total === 0) return phase
  const what = phase === 'apply' || phase === 'record' ? 'tenants' : 'files'
  return `${phase} ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} ${what}`
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
  const example = view.reconciled()?.example
  if (example) out.line(`     bin/headwater explain ${example.tenant} ${example.workflow}`)
  out.line('     edit a file under tenants/ and watch what changes here; Ctrl-C stops')
  out.line()
}

function changeLine({ kind, path, after }: ShownChange): string {
  if (!after) return `- ${path}`
  const { added, updated, removed } = after.workflows
  const parts = [
    ...added.map((name) => `+${name}`),
    ...updated.map((name) => `~${name}`),
    ...removed.map((name) => `-${name}`),
  ]
  const what = parts.join(' ') || 'tags, values or connections'
  return `${kind === 'create' ? '+' : '~'} ${path}  ${what}  ${after.digest.slice(0, 12)}`
}
