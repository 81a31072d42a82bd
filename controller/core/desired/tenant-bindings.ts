import type { ActionBinding } from '../model/effective.ts'
import type { Workflow } from '../model/generated/kinds.ts'
import type { Problem } from '../model/problems.ts'
import { newMap } from '../model/values.ts'
import { actionsOf, type Bind } from './bind.ts'
import type { TenantNode } from './hierarchy.ts'

type Using = { readonly spec: Workflow['spec'] }
type Found =
  | { readonly kind: 'bound'; readonly bindings: Bindings }
  | { readonly kind: 'unbound'; readonly action: string; readonly problem: Problem }
type Bindings = Readonly<Record<string, ActionBinding>>

/** What some workflows need, one after the other. */
interface Needs {
  readonly actions: readonly string[]
  readonly bound: Branch
  readonly more: Map<readonly string[], Needs>
}
interface Branch {
  bindings?: Bindings
  readonly next: Map<ActionBinding, Branch>
}

/**
 * Binds all that the workflows of a tenant need, or says what cannot be bound. Equal maps are made once: most tenants have
 * the workflows of their neighbours, and are served by the same connections.
 */
export function createBindings(bind: Bind): (tenant: TenantNode, workflows: Iterable<Using>) => Found {
  const none: Needs = { actions: [], bound: { next: new Map() }, more: new Map() }
  const byActions = new Map<string, Branch>()
  const withMore = (needs: Needs, used: readonly string[]): Needs => {
    const actions = [...new Set([...needs.actions, ...used])]
    const key = actions.join(' ')
    const bound = byActions.get(key) ?? { next: new Map() }
    byActions.set(key, bound)
    return { actions, bound, more: new Map() }
  }
  return (tenant, workflows) => {
    let needs = none
    for (const { spec } of workflows) {
      const used = actionsOf(spec)
      let next = needs.more.get(used)
      if (!next) needs.more.set(used, (next = withMore(needs, used)))
      needs = next
    }
    const bindAction = bind(tenant)
    let branch = needs.bound
    for (const action of needs.actions) {
      const bound = bindAction(action)
      if (bound.kind === 'unbound') return { kind: 'unbound', action, problem: bound.problem }
      let next = branch.next.get(bound.binding)
      if (!next) branch.next.set(bound.binding, (next = { next: new Map() }))
      branch = next
    }
    branch.bindings ??= mapOf(needs.actions, bindAction)
    return { kind: 'bound', bindings: branch.bindings }
  }
}

function mapOf(actions: readonly string[], bindAction: ReturnType<Bind>): Bindings {
  const bindings = newMap() as Record<string, unknown> as Record<string, ActionBinding>
  for (const action of actions) {
    const bound = bindAction(action)
    if (bound.kind === 'bound') bindings[action] = bound.binding
  }
  return Object.freeze(bindings)
}
