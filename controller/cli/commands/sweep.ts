import type { Swept } from '../../reconcile/sweep.ts'
import { onlineOptions, openApi } from '../api-client.ts'
import type { Command } from '../command.ts'
import { count } from '../output.ts'

export const sweep: Command = {
  name: 'sweep',
  summary:
    'removes finished runs that are older than their tenant keeps them (spec.retention.runDays), and what nothing needs any more',
  options: onlineOptions,
  examples: ['headwater sweep', 'headwater sweep -o json'],
  run: async (call) => {
    const swept = await openApi(call).post<Swept>('/v1/sweep', {})
    if (call.out.isJson) call.out.json(swept)
    else {
      call.out.table(
        ['tenant', 'runs removed'],
        swept.tenants.map(({ tenant, runs }) => [tenant, String(runs)]),
      )
      const runs = swept.tenants.reduce((sum, each) => sum + each.runs, 0)
      call.out.remark(`${count(runs, 'run')} and ${count(swept.objects, 'object')} removed`)
    }
    return 0
  },
}
