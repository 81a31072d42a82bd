import { showSafely } from '../../core/model/terminal-text.ts'
import type { Case, CaseDetail, CasePage } from '../../core/run/cases.ts'
import { onlineOptions, openApi } from '../api-client.ts'
import { type Call, type Command, text } from '../command.ts'
import { count } from '../output.ts'
import { changeText } from '../show-run.ts'

export const cases: Command = {
  name: 'cases',
  summary: 'the cases of a tenant, or one of them with all that runs wrote into it',
  args: [
    ['<tenant>', 'path of the tenant'],
    ['[case]', 'id of a case'],
  ],
  options: [
    ['--status <word>', 'open or closed; both where absent'],
    ['--limit <number>', 'at most so many (default: 50)'],
    ...onlineOptions,
  ],
  examples: [
    'headwater cases acme/north/contoso',
    'headwater cases acme/north/contoso --status open -o json',
    'headwater cases acme/north/contoso CASE',
  ],
  run: async (call) => {
    const [tenant = '', id] = call.args
    const path = `/v1/cases/${tenant.split('/').map(encodeURIComponent).join('/')}`
    const api = openApi(call)
    if (id !== undefined) {
      showOne(call, await api.get<CaseDetail>(`${path}?case=${encodeURIComponent(id)}`))
      return 0
    }
    const query = new URLSearchParams({ limit: text(call, 'limit') ?? '50' })
    const state = text(call, 'status')
    if (state !== undefined) query.set('state', state)
    const page = await api.get<CasePage>(`${path}?${query.toString()}`)
    const { cases: found, next } = page
    if (call.out.isJson) call.out.json(page)
    else {
      call.out.table(
        ['state', 'case', 'severity', 'changed', 'title'],
        found.map((each) => [
          stateText(each),
          each.id,
          each.severity,
          new Date(each.changedAt).toISOString(),
          showSafely(each.title),
        ]),
      )
      call.out.remark(`${count(found.length, 'case')}${next === null ? '' : ', and older ones'}`)
    }
    return 0
  },
}

function showOne({ out }: Call, detail: CaseDetail): void {
  if (out.isJson) return out.json(detail)
  const { case: head, entries } = detail
  out.line(`${stateText(head)}  ${out.style('bold', showSafely(head.title))}  ${head.severity}  case ${head.id}`)
  if (head.key !== undefined) out.line(`  key ${showSafely(head.key)}`)
  for (const { at, run, step, change } of entries) {
    out.line(`  ${new Date(at).toISOString()}  ${changeText(change)}`)
    if (change.kind === 'open' && change.description !== undefined) out.line(`    ${showSafely(change.description)}`)
    out.line(out.style('dim', `    by step ${step} of run ${run}`))
  }
}

/** A state as glyph and word: never colour alone. */
function stateText({ state }: Case): string {
  return state === 'open' ? '○ open' : '● closed'
}
