import type { Problem } from '../../core/model/problems.ts'
import type { OverdueRun } from '../../io/backend/backend.ts'
import { onlineOptions, openApi } from '../api-client.ts'
import type { Command } from '../command.ts'
import { count, countProblems } from '../output.ts'

interface Status {
  readonly commit: string | null
  readonly uncommitted: readonly string[]
  readonly tenants: number
  readonly frozen: number
  readonly workflows: number
  readonly problems: readonly Problem[]
  readonly health: 'healthy' | 'failing'
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
      const { commit, uncommitted, tenants, frozen, workflows, problems, health, reason, overdue } = found
      out.line(
        `${out.style(health === 'healthy' ? 'green' : 'red', health)}${reason === undefined ? '' : `  ${reason}`}`,
      )
      const more = uncommitted.length > 0 ? ` + ${count(uncommitted.length, 'uncommitted file')}` : ''
      out.line(`commit     ${commit ?? 'none: a folder without git'}${more}`)
      out.line(`tenants    ${tenants.toLocaleString('en-US')}${frozen > 0 ? `, ${frozen} frozen` : ''}`)
      out.line(`workflows  ${workflows.toLocaleString('en-US')}`)
      if (problems.length > 0) out.line(`problems   ${countProblems(problems)}: headwater validate shows them`)
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
