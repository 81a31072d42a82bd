import type { Problem } from '../../core/model/problems.ts'
import type { Health } from '../../api/controller.ts'
import type { OverdueRun } from '../../io/backend/backend.ts'
import type { Progress } from '../../reconcile/progress.ts'
import type { Findings } from '../../reconcile/reconciled.ts'
import { onlineOptions, openApi } from '../api-client.ts'
import type { Command } from '../command.ts'
import { count, countFindings } from '../output.ts'
import { progressText } from '../show-reconciled.ts'

interface Status {
  readonly commit: string | null
  readonly uncommitted: readonly string[]
  readonly tenants: number
  readonly frozen: number
  readonly workflows: number
  readonly problems: readonly Problem[]
  readonly problemCount: Pick<Findings, 'errors' | 'warnings'>
  readonly reconciling: (Progress & { readonly since: number }) | null
  readonly health: Health['kind']
  readonly reason?: string
  readonly overdue: readonly OverdueRun[]
}

const shownRuns = 10

export const status: Command = {
  name: 'status',
  summary: 'whether the controller is healthy, what is applied, and which runs do not go on although they could',
  options: onlineOptions,
  examples: ['headwater status', 'headwater status -o json'],
  run: async ({ out, ...call }) => {
    const found = await openApi({ out, ...call }).get<Status>('/v1/status')
    if (out.isJson) out.json(found)
    else {
      const { commit, uncommitted, tenants, frozen, workflows, health, reason, overdue, reconciling } = found
      const { errors, warnings } = found.problemCount
      out.line(
        `${out.style(health === 'healthy' ? 'green' : 'red', health)}${reason === undefined ? '' : `  ${reason}`}`,
      )
      const more = uncommitted.length > 0 ? ` + ${count(uncommitted.length, 'uncommitted file')}` : ''
      out.line(
        `commit     ${commit ?? (tenants === 0 && reconciling ? 'none yet' : 'none: a folder without git')}${more}`,
      )
      out.line(`tenants    ${tenants.toLocaleString('en-US')}${frozen > 0 ? `, ${frozen} frozen` : ''}`)
      out.line(`workflows  ${workflows.toLocaleString('en-US')}`)
      if (errors + warnings > 0)
        out.line(`problems   ${countFindings({ errors, warnings })}: headwater validate shows them`)
      if (reconciling)
        out.line(`now        ${progressText(reconciling)}, since ${new Date(reconciling.since).toISOString()}`)
      if (overdue.length > 0) {
        out.line(
          `overdue    ${count(overdue.length, 'run')} could go on and ${overdue.length === 1 ? 'does' : 'do'} not:`,
        )
        for (const run of overdue.slice(0, shownRuns))
          out.line(`           ${run.runId}  ${run.tenant}  ${run.reason} since ${new Date(run.since).toISOString()}`)
        if (overdue.length > shownRuns) out.line(`           … and ${overdue.length - shownRuns} more`)
      }
    }
    return found.health === 'healthy' && found.overdue.length === 0 ? 0 : 1
  },
}
