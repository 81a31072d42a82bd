import type { ActionBinding, ChildWorkflow, TenantContext } from '../model/effective.ts'
import type { Connector, Workflow, WorkflowTest } from '../model/generated/kinds.ts'
import { actionOf } from '../model/step-action.ts'
import { newMap } from '../model/values.ts'
import type { Around } from './check-uses.ts'
import type { DecisionContext } from './decision.ts'
import { everyStep } from './each-step.ts'
import type { RunRequested } from './events.ts'
import { requestRun } from './request-run.ts'
import { beginningOf } from './simulate-trigger.ts'

export type Sandbox =
  | {
      readonly kind: 'ready'
      readonly event: RunRequested
      readonly tenant: TenantContext
      readonly connectors: DecisionContext['connectors']
    }
  | { readonly kind: 'refused'; readonly messages: readonly string[] }

/** A tenant with one connection for every action of the workflow, and the first event of the run that a test starts. */
export function sandboxOf(spec: Workflow['spec'], test: WorkflowTest['spec'], calleeOf: Around['calleeOf']): Sandbox {
  const tenant = tenantOf(spec, test, calleeOf)
  const workflow = { name: 'workflow', owner: '', release: spec.version, digest: '0'.repeat(64), spec }
  const began = beginningOf(test, workflow, tenant)
  if (began.kind === 'refused') return began
  const { trigger, inputs } = began
  const request = { workflow, tenant, contextDigest: '0'.repeat(64), commit: 'test', trigger, inputs, now: 0 }
  const requested = requestRun(request)
  if (requested.kind === 'refused') return requested
  return { kind: 'ready', event: requested.event, tenant, connectors: { sandbox: connectorOf(tenant) } }
}

function tenantOf(spec: Workflow['spec'], test: WorkflowTest['spec'], calleeOf: Around['calleeOf']): TenantContext {
  const bindings: Record<string, ActionBinding> = Object.create(null)
  const children: Record<string, ChildWorkflow> = Object.create(null)
  for (const { step } of everyStep(spec)) {
    const action = actionOf(step)
    if (action !== undefined) bindings[action] = { effect: 'read', connections: [connection] }
    if (step.workflow !== undefined) children[step.workflow.name] = childOf(calleeOf(step.workflow.name))
  }
  return {
    path: 'test',
    uid: 'test',
    displayName: 'Test',
    tags: {},
    values: test.values ?? newMap(),
    timezone: 'UTC',
    concurrentRuns: 1,
    suspended: false,
    bindings,
    children,
  }
}

function childOf(callee: Workflow['spec'] | undefined): ChildWorkflow {
  const pinned = { owner: '', release: callee?.version ?? '', digest: '0'.repeat(64) }
  return callee === undefined ? pinned : { ...pinned, inputs: callee.inputs ?? { properties: {} } }
}

const connection = {
  name: 'sandbox',
  owner: 'test',
  connector: 'sandbox',
  connectorDigest: 'sandbox',
  baseUrl: 'https://sandbox.invalid',
  allowedOrigins: [],
  settings: {},
}

function connectorOf({ bindings }: TenantContext): Connector['spec'] {
  const actions = Object.keys(bindings).map((action) => ({ action, idempotent: true, requests: [], output: newMap() }))
  return { vendor: 'Headwater', product: 'Sandbox', auth: { scheme: 'none' }, actions }
}
