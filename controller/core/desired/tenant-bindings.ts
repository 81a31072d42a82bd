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
    const key = JSON.stringify(actions)
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
    const bindings: ActionBinding[] = []
    let branch = needs.bound
    for (const action of needs.actions) {
      const bound = bindAction(action)
      if (bound.kind === 'unbound') return { kind: 'unbound', action, problem: bound.problem }
      let next = branch.next.get(bound.binding)
      if (!next) branch.next.set(bound.binding, (next = { next: new Map() }))
      branch = next
      bindings.push(bound.binding)
    }
    branch.bindings ??= mapOf(needs.actions, bindings)
    return { kind: 'bound', bindings: branch.bindings }
  }
}

function mapOf(actions: readonly string[], bindings: readonly ActionBinding[]): Bindings {
  const entries = actions.map((action, at) => [action, bindings[at]])
  return Object.freeze(Object.assign(newMap(), Object.fromEntries(entries)) as unknown as Bindings)
}
