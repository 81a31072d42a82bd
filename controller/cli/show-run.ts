import { showSafely } from '../core/model/terminal-text.ts'
import type { RunEvent } from '../core/run/events.ts'
import type { RunSummary } from '../core/run/run-summary.ts'
import type { Output } from './output.ts'

export interface RunDetail {
  readonly run: RunSummary
  readonly inputs: Readonly<Record<string, unknown>>
  readonly outputs: Readonly<Record<string, unknown>>
  readonly steps: readonly unknown[]
  readonly events: readonly RunEvent[]
}

const glyphs: Readonly<Record<string, string>> = {
  succeeded: '✓',
  failed: '✗',
  waiting: '…',
  running: '▸',
  queued: '·',
  cancelled: '■',
  quarantined: '!',
}
const colors = {
  succeeded: 'green',
  failed: 'red',
  waiting: 'yellow',
  running: 'cyan',
  queued: 'dim',
  cancelled: 'dim',
  quarantined: 'red',
} as const

/** A state as glyph and word: never colour alone. */
export function stateText(out: Output, state: string): string {
  return out.style(colors[state as keyof typeof colors] ?? 'dim', `${glyphs[state] ?? ' '} ${state}`)
}

/** A run step by step, with the vendor each action reached. */
export function showRun(out: Output, { run, events, outputs }: RunDetail): void {
  out.line(
    `${stateText(out, run.state)}  ${out.style('bold', `${run.workflow} ${run.release}`)}  for ${run.tenant}  run ${run.id}`,
  )
  if (run.reason !== '') out.line(`  ${showSafely(run.reason)}`)
  for (const event of events) {
    const line = eventLine(out, event)
    if (line !== undefined) out.line(`  ${line}`)
  }
  if (Object.keys(outputs).length > 0) out.line(`  outputs ${showSafely(JSON.stringify(outputs))}`)
}

/** What an event says in one line; undefined for those that say nothing to a reader. */
export function eventLine(out: Output, event: RunEvent): string | undefined {
  switch (event.type) {
    case 'AttemptSucceeded': {
      if (event.skipped) return out.style('dim', `- ${event.step}  skipped`)
      if (event.branch !== undefined) return `◆ ${event.step}  ${event.branch}`
      const reached =
        event.requests?.map(({ method, url, status, ms }) => `${method} ${url} ${status} ${Math.round(ms)} ms`) ?? []
      const by = event.connection === undefined ? '' : ` by ${out.style('cyan', event.connection)}`
      return [
        `${out.style('green', '✓')} ${event.step}${by}${event.by === undefined ? '' : ` (${event.by})`}`,
        ...reached.map((line) => out.style('dim', `    ${showSafely(line)}`)),
      ].join('\n  ')
    }
    case 'AttemptFailed':
      return `${out.style('red', '✗')} ${event.step}  ${event.code}: ${showSafely(event.message)}${event.final ? '' : ' (tried again)'}`
    case 'AttemptUnknown':
      return `${out.style('yellow', '?')} ${event.step}  ${event.code}: ${showSafely(event.message)}`
    case 'ApprovalRequested':
      return `${out.style('yellow', '…')} ${event.step}  waits for approval: ${showSafely(event.message)}`
    case 'ApprovalGiven':
      return `${event.approved ? '✓' : '✗'} ${event.step}  ${event.approved ? 'approved' : 'rejected'} by ${showSafely(event.by)}`
    case 'RunFailed':
    case 'RunQuarantined':
    case 'RunCancelled':
      return `${out.style('red', '✗')} ${event.type === 'RunFailed' ? showSafely(event.message) : showSafely(event.reason)}`
    default:
      return undefined
  }
}
