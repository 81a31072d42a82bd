import { showSafely } from '../../core/model/terminal-text.ts'
import type { BulkLine } from '../../io/store/bulk-records.ts'
import type { BulkProgress } from '../../triggers/bulk-runs.ts'
import { type ApiClient, onlineOptions, openApi } from '../api-client.ts'
import { type Call, type Command, type ExitCode, text } from '../command.ts'
import { count, type Output } from '../output.ts'
import { stateText } from '../show-run.ts'

export const bulkShow: Command = {
  name: 'bulk show',
  summary: 'how far a bulk run is, or how it ended: counts, and failures by their reason',
  args: [['<bulk>', 'id of the bulk run']],
  options: [['--wait', 'wait for its end; exit 1 where a run failed or was never started'], ...onlineOptions],
  examples: ['headwater bulk show BULK', 'headwater bulk show BULK --wait', 'headwater bulk show BULK -o json'],
  run: async (call) => {
    const api = openApi(call)
    const id = call.args[0] ?? ''
    if (call.options['wait'] === true) return waitForBulk(call, api, id)
    showBulk(call, await read(api, id))
    return 0
  },
}

export const bulkList: Command = {
  name: 'bulk list',
  summary: 'bulk runs, latest first',
  options: [['--limit <number>', 'at most so many (default: 50)'], ...onlineOptions],
  examples: ['headwater bulk list', 'headwater bulk list -o json'],
  run: async (call) => {
    const query = new URLSearchParams({ limit: text(call, 'limit') ?? '50' })
    const page = await openApi(call).get<{ bulkRuns: readonly BulkLine[] }>(`/v1/bulk-runs?${query.toString()}`)
    if (call.out.isJson) call.out.json(page)
    else {
      call.out.table(
        ['state', 'bulk', 'workflow', 'to', 'tenants', 'requested'],
        page.bulkRuns.map(({ state, id, workflow, to, targets, requestedAt }) => [
          stateText(call.out, state),
          id,
          workflow,
          showSafely(to),
          String(targets),
          new Date(requestedAt).toISOString(),
        ]),
      )
      call.out.remark(count(page.bulkRuns.length, 'bulk run'))
    }
    return 0
  },
}

export const bulkCancel: Command = {
  name: 'bulk cancel',
  summary: 'starts no more runs of a bulk run; those on their way go on',
  args: [['<bulk>', 'id of the bulk run']],
  options: [['--reason <text>', 'why'], ...onlineOptions],
  examples: ['headwater bulk cancel BULK --reason "wrong input"'],
  run: async (call) => {
    const [id] = call.args
    await openApi(call).post(`/v1/bulk-runs/${encodeURIComponent(id ?? '')}/cancel`, {
      reason: text(call, 'reason') ?? '',
    })
    if (call.out.isJson) call.out.json({ bulk: id, state: 'cancelled' })
    else call.out.line('cancelled')
    return 0
  },
}

/** Shows how a bulk run stands when that changes, and all of it at the end. */
export async function waitForBulk(call: Call, api: ApiClient, id: string): Promise<ExitCode> {
  let shown = ''
  for (;;) {
    const progress = await read(api, id)
    const line = countsOf(progress)
    if (line !== shown && !call.out.isJson && progress.finishedAt === null) call.out.remark(line)
    shown = line
    if (progress.finishedAt !== null) {
      showBulk(call, progress)
      return progress.summary.counts.succeeded === progress.targets ? 0 : 1
    }
    await new Promise((done) => setTimeout(done, 500))
  }
}

export function showBulk(call: Call, progress: BulkProgress): void {
  const { out } = call
  if (out.isJson) {
    out.json(progress)
    return
  }
  const { id, state, workflow, to, summary, skipped } = progress
  const why = summary.reason === '' ? '' : `: ${showSafely(summary.reason)}`
  out.line(`${stateText(out, state)}  ${out.style('bold', workflow)}  to ${showSafely(to)}  bulk ${id}${why}`)
  out.line(`  ${countsOf(progress)}`)
  for (const failure of summary.failures) showFailure(out, failure)
  const reasons = Map.groupBy(skipped, ({ reason }) => reason)
  for (const [reason, tenants] of reasons)
    out.line(`  ${out.style('dim', `- left out  ${count(tenants.length, 'tenant')}: ${reason}`)}`)
}

function showFailure(out: Output, { state, reason, count: all, tenants }: BulkProgress['summary']['failures'][number]) {
  out.line(`  ${stateText(out, state)}  ${count(all, 'tenant')}${reason === '' ? '' : `: ${showSafely(reason)}`}`)
  for (const { tenant, run } of tenants) out.line(`      ${tenant}  run ${run}`)
  if (all > tenants.length) out.line(`      … and ${count(all - tenants.length, 'more tenant')}`)
}

function countsOf({ targets, summary: { counts } }: BulkProgress): string {
  const parts = Object.entries(counts).map(([state, number]) => `${number.toLocaleString('en-US')} ${state}`)
  return `${count(targets, 'tenant')}: ${parts.join(', ')}`
}

async function read(api: ApiClient, id: string): Promise<BulkProgress> {
  return api.get<BulkProgress>(`/v1/bulk-runs/${encodeURIComponent(id)}`)
}
