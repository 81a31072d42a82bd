import { showSafely } from '../core/model/terminal-text.ts'
import type { CaseChange } from '../core/run/cases.ts'
import type { RunEvent } from '../core/run/events.ts'
import type { RunSummary } from '../core/run/run-summary.ts'
import type { Output } from './output.ts'

export interface RunDetail {
  readonly run: RunSummary
  readonly events: readonly RunEvent[]
  /** Connector by connection. */
  readonly connectors: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, unknown>>
}

const glyphs: Readonly<Record<string, string>> = {
  succeeded: '✓',
  failed: '✗',
  waiting: '…',
  running: '▸',
  queued: '·',
  cancelled: '■',
  quarantined: '!',
  pending: '·',
  refused: '✗',
  finished: '✓',
  halted: '■',
}
const colors = {
  succeeded: 'green',
  failed: 'red',
  waiting: 'yellow',
  running: 'cyan',
  queued: 'dim',
  cancelled: 'dim',
  quarantined: 'red',
  pending: 'dim',
  refused: 'red',
  finished: 'green',
  halted: 'red',
} as const

/** A state as glyph and word: never colour alone. */
export function stateText(out: Output, state: string): string {
  return out.style(colors[state as keyof typeof colors] ?? 'dim', `${glyphs[state] ?? ' '} ${state}`)
}

/** A run step by step, with the product that each action reached. */
export function showRun(out: Output, detail: RunDetail): void {
  const { run, events, outputs } = detail
  const isTrial = events.some((event) => event.type === 'RunRequested' && event.sandbox)
  out.line(
    `${stateText(out, run.state)}  ${isTrial ? out.style('yellow', 'sandbox  ') : ''}${out.style('bold', `${run.workflow} ${run.release}`)}  for ${run.tenant}  run ${run.id}`,
  )
  if (run.reason !== '') out.line(`  ${showSafely(run.reason)}`)
  const actions = new Map(
    events.flatMap((event) => (event.type === 'AttemptScheduled' ? [[event.step, event.action]] : [])),
  )
  const width = Math.max(
    0,
    ...events.map((event) => ('step' in event && event.step !== undefined ? event.step.length : 0)),
  )
  for (const event of events) {
    const line = eventLine(out, event, width, actions, detail.connectors)
    if (line !== undefined) out.line(`  ${line}`)
  }
  if (Object.keys(outputs).length > 0)
    out.line(`  ${out.style('dim', `outputs ${showSafely(JSON.stringify(outputs))}`)}`)
}

/** What an event says in one line; undefined for those that say nothing to a reader. */
function eventLine(
  out: Output,
  event: RunEvent,
  width: number,
  actions: ReadonlyMap<string, string>,
  connectors: RunDetail['connectors'],
): string | undefined {
  const step = 'step' in event && event.step !== undefined ? event.step.padEnd(width) : ''
  switch (event.type) {
    case 'AttemptSucceeded': {
      if (event.skipped) return out.style('dim', `- ${step}  skipped`)
      if (event.opens) {
        const items = event.items === undefined ? 'branches begin' : `${event.items.length} items`
        return `◆ ${step}  ${items}`
      }
      if (event.branch !== undefined) return `◆ ${step}  ${event.branch}`
      const by = event.by === undefined ? '' : `  as ${showSafely(event.by)} said`
      if (event.connection === undefined) return `${out.style('green', '✓')} ${step.trimEnd()}${by}`
      const product = connectors[event.connection] ?? event.connection
      const ms = event.requests?.reduce((sum, request) => sum + request.ms, 0) ?? 0
      const requests = event.requests?.map((request) => `${request.method} ${request.status}`).join(', ') ?? ''
      const reached = `${actions.get(event.step) ?? ''} → ${out.style('cyan', product)}`
      return `${out.style('green', '✓')} ${step}  ${reached}  ${out.style('dim', `${requests}, ${Math.round(ms)} ms`)}${by}`
    }
    case 'AttemptFailed':
      return `${out.style('red', '✗')} ${step}  ${event.code}: ${showSafely(event.message)}${event.final ? '' : ' (tried again)'}`
    case 'AttemptUnknown':
      return `${out.style('yellow', '?')} ${step}  ${event.code}: ${showSafely(event.message)}`
    case 'TimerSet':
      if (event.connection === undefined) return `… ${step}  sleeps until ${new Date(event.fireAt).toISOString()}`
      return event.postponed === undefined ? undefined : `… ${step}  not sent yet: ${showSafely(event.postponed)}`
    case 'ApprovalRequested':
      return `${out.style('yellow', '…')} ${step}  waits for approval: ${showSafely(event.message)}`
    case 'ApprovalGiven':
      return `${event.approved ? '✓' : '✗'} ${step}  ${event.approved ? 'approved' : 'rejected'} by ${showSafely(event.by)}`
    case 'ChildRequested': {
      const { name, release } = event.workflow
      return `▸ ${step}  ${showSafely(name)} ${release} as run ${event.runId}${event.detached ? ', detached' : ''}`
    }
    case 'CaseChanged':
      return `◇ ${step}  case ${event.case} ${changeText(event.change)}`
    case 'CancelRequested':
      return `${out.style('yellow', '■')} cancelled by ${showSafely(event.by)}: ${showSafely(event.reason)}`
    case 'ChildFinished':
      if (event.outcome === 'detached') return undefined
      return `${event.outcome === 'succeeded' ? '·' : '!'} ${step}  run ${event.runId} has ended: ${event.outcome}`
    case 'RunFailed':
    case 'RunQuarantined':
    case 'RunCancelled':
      return `${out.style('red', '✗')} ${showSafely(event.type === 'RunFailed' ? event.message : event.reason)}`
    default:
      return undefined
  }
}

export function changeText(change: CaseChange): string {
  switch (change.kind) {
    case 'open':
      return `opened, ${change.severity}: ${showSafely(change.title)}`
    case 'comment':
      return `comment: ${showSafely(change.text)}`
    case 'close':
      return change.resolution === undefined ? 'closed' : `closed: ${showSafely(change.resolution)}`
  }
}
