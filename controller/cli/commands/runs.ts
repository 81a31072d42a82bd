import type { RunPage } from '../../core/run/journal.ts'
import { onlineOptions, openApi } from '../api-client.ts'
import { type Command, text } from '../command.ts'
import { count } from '../output.ts'
import { stateText } from '../show-run.ts'

export const runs: Command = {
  name: 'runs',
  summary: 'runs of the controller, latest first',
  options: [
    ['--tenant <path>', 'only runs of this tenant'],
    ['--below', 'with --tenant: also of the tenants below it'],
    ['--workflow <name>', 'only runs of this workflow'],
    ['--status <word>', 'queued, running, waiting, succeeded, failed, cancelled or quarantined'],
    ['--limit <number>', 'at most so many (default: 50)'],
    ...onlineOptions,
  ],
  examples: ['headwater runs', 'headwater runs --tenant acme/north --below', 'headwater runs --status waiting -o json'],
  run: async (call) => {
    const query = new URLSearchParams({ limit: text(call, 'limit') ?? '50' })
    for (const [option, name] of [
      ['tenant', 'tenant'],
      ['workflow', 'workflow'],
      ['status', 'state'],
    ] as const) {
      const value = text(call, option)
      if (value !== undefined) query.set(name, value)
    }
    if (call.options['below'] === true) query.set('below', 'true')
    const page = await openApi(call).get<RunPage>(`/v1/runs?${query.toString()}`)
    if (call.out.isJson) call.out.json(page)
    else {
      call.out.table(
        ['state', 'run', 'tenant', 'workflow', 'requested', 'reason'],
        page.runs.map((run) => [
          stateText(call.out, run.state),
          run.id,
          run.tenant,
          `${run.workflow} ${run.release}`,
          new Date(run.requestedAt).toISOString(),
          run.reason,
        ]),
      )
      call.out.remark(`${count(page.runs.length, 'run')}${page.next === null ? '' : ', and older ones'}`)
    }
    return 0
  },
}
