import { parse } from 'yaml'
import type { BoundConnection, TenantContext } from '../../../controller/core/model/effective.ts'
import type { Connector, Workflow } from '../../../controller/core/model/generated/kinds.ts'
import { canonicalText, type JsonMap, toValue } from '../../../controller/core/model/values.ts'
import { decide } from '../../../controller/core/run/decide.ts'
import type { Decision, DecisionContext } from '../../../controller/core/run/decision.ts'
import type { RunEvent, RunRequested } from '../../../controller/core/run/events.ts'
import { foldAll } from '../../../controller/core/run/fold.ts'
import type { RunState } from '../../../controller/core/run/run-state.ts'

/** One tenant that performs a workflow as a step of others, with an endpoint product and two firewalls that repeat safely, a mailer that does not, and a guarded wipe. */
export const tenant: TenantContext = {
  path: 'acme/contoso',
  uid: 't-1',
  displayName: 'Contoso',
  tags: { tier: 'gold' },
  values: toValue({ domain: 'contoso.example' }) as JsonMap,
  timezone: 'Europe/Berlin',
  concurrentRuns: 2,
  suspended: false,
  bindings: {
    isolate_endpoint: { effect: 'contain', connections: [connection('edr', 'safe')] },
    block_ip: { effect: 'contain', connections: [connection('fw1', 'safe'), connection('fw2', 'safe')] },
    send_mail: { effect: 'contain', connections: [connection('mail', 'unsafe')] },
    notify_team: { effect: 'contain', connections: [connection('mail', 'unsafe')] },
    wipe_device: {
      effect: 'destructive',
      approval: 'A wipe cannot be undone.',
      connections: [connection('edr', 'safe')],
    },
  },
  children: {
    contain_host: {
      owner: 'acme',
      release: '1.2.0',
      digest: 'd-contain',
      inputs: toValue({
        required: ['host'],
        properties: { host: { type: 'string' }, hard: { type: 'boolean', default: false } },
      }) as unknown as Workflow['spec']['inputs'],
    },
  },
}

function connection(name: string, connectorDigest: string): BoundConnection {
  const baseUrl = `https://${name}.invalid`
  return { name, owner: 'acme', connector: name, connectorDigest, baseUrl, allowedOrigins: [], settings: {} }
}

export const connectors = { safe: connector(true), unsafe: connector(false) }

function connector(idempotent: boolean): Connector['spec'] {
  const actions = Object.keys(tenant.bindings).map((action) => ({ action, idempotent, requests: [], output: {} }))
  return { vendor: 'Test', product: 'Test', auth: { scheme: 'none' }, actions }
}

export function workflowOf(text: string): Workflow['spec'] {
  return toValue({ version: '1.0.0', title: 'Test', ...parse(text) }) as unknown as Workflow['spec']
}

export function requested(inputs: Record<string, unknown> = {}): RunRequested {
  return {
    type: 'RunRequested',
    at: 0,
    runId: 'r1',
    epoch: 1,
    tenant: { path: tenant.path, uid: tenant.uid },
    workflow: { name: 'w', owner: '', release: '1.0.0', digest: 'd' },
    contextDigest: 'c',
    commit: 'abc',
    trigger: { kind: 'manual', id: 'manual', deliveryId: 'x' },
    inputs: toValue(inputs) as JsonMap,
  }
}

/** Events after RunRequested and RunStarted, as YAML: `- AttemptSucceeded: { step: a, outputs: {} }`. What a row leaves out is filled in. */
export function journal(text: string, inputs: Record<string, unknown> = {}): RunEvent[] {
  const rows = (parse(text) ?? []) as Record<string, Record<string, unknown>>[]
  return [requested(inputs), { type: 'RunStarted', at: 0 }, ...rows.map((row) => eventOf(row))]
}

const scheduled = { attempt: 1, action: 'isolate_endpoint', input: {}, timeoutMs: 30_000, idempotent: true }

function eventOf(row: Record<string, Record<string, unknown>>): RunEvent {
  const [[type, fields]] = Object.entries(row) as [[string, Record<string, unknown>]]
  const connections = fields.connections ?? [fields.connection]
  const filled = type === 'AttemptScheduled' ? { ...scheduled, connections, ...fields } : fields
  return toValue({ type, at: 0, ...filled }) as unknown as RunEvent
}

export function context(workflow: Workflow['spec'], now = 0): DecisionContext {
  return { workflow, tenant, connectors, now }
}

/** The decisions that follow a journal, a line each. */
export function decisionsAfter(workflow: string, events: readonly RunEvent[], now = 0): string[] {
  return decide(foldAll(events), context(workflowOf(workflow), now)).map(lineOf)
}

export function lineOf(decision: Decision): string {
  switch (decision.kind) {
    case 'append':
      return eventLine(decision.event)
    case 'perform': {
      const { step, connection: on, attempt, input, idempotencyKey } = decision.attempt
      return `perform ${step} on ${on} #${attempt} ${canonicalText(input)} key ${idempotencyKey}`
    }
    case 'wait-until':
      return `wait-until ${decision.at} for ${decision.step} on ${decision.connection}`
    case 'wait-approval':
      return `wait-approval ${decision.step}`
    case 'await-child':
      return `await-child ${decision.step}`
    case 'done':
      return 'done'
    default:
      return `${decision.kind} ${decision.step} on ${decision.connection}`
  }
}

export function eventLine(event: RunEvent): string {
  const { type, at: _at, ...rest } = event
  const shown: Record<string, unknown> = { ...rest }
  for (const key of ['timeoutMs', 'connections', 'requests', 'idempotent', 'action', 'final', 'approvers'])
    delete shown[key]
  const words = ['step', 'connection', 'attempt', 'code'].flatMap((key) => {
    const value = shown[key]
    delete shown[key]
    return value === undefined ? [] : [String(value)]
  })
  const left = Object.keys(shown).length === 0 ? [] : [canonicalText(toValue(shown))]
  return [type, ...words, ...left].join(' ')
}

export function phases(state: RunState): Record<string, string> {
  return Object.fromEntries([...state.steps].map(([id, { phase }]) => [id, phase]))
}
