import { formatPath } from '../merge/index.ts'
import type { ActionBinding, BoundConnection } from '../model/effective.ts'
import type { Step, Workflow } from '../model/generated/kinds.ts'
import { isWithin } from '../model/names.ts'
import { type Problem, problem } from '../model/problems.ts'
import { Recent } from '../model/recent.ts'
import { actionOf } from '../model/step-action.ts'
import { stepListsIn, stepListsOf } from '../model/step-lists.ts'
import { digestOf } from './digest.ts'
import { type Declared, type Fleet, isUnreadable } from './fleet.ts'
import type { TenantNode } from './hierarchy.ts'
import { frozenBy } from './releases.ts'
import { selects } from './select.ts'

export type Bound =
  | { readonly kind: 'bound'; readonly binding: ActionBinding }
  | { readonly kind: 'unbound'; readonly problem: Problem }

/** Finds who performs the actions of a tenant. */
export type Bind = (tenant: TenantNode) => (action: string) => Bound

export function createBinder(fleet: Fleet): Bind {
  const offers = new Map<TenantNode, Offers>()

  const offersOf = (tenant: TenantNode): Offers => {
    const known = offers.get(tenant)
    if (known) return known
    const above = tenant.parent ? offersOf(tenant.parent) : { byAction: new Map() }
    const own = new Map<string, Declared<'Connection'>[]>()
    let unclear: Declared<'Connection'> | undefined
    for (const connection of tenant.files.connections.values()) {
      const connector = fleet.connectors.get(connection.resource.spec.connector)
      if (!connector || isUnreadable(connector)) {
        unclear ??= connection
        continue
      }
      for (const { action } of connector.resource.spec.actions)
        own.set(action, [...(own.get(action) ?? []), connection])
    }
    // From here down nobody knows what that connection performs, so what is further up no longer answers.
    const all = unclear
      ? { byAction: new Map(), unclear }
      : own.size === 0
        ? above
        : { ...above, byAction: new Map([...above.byAction, ...own]) }
    offers.set(tenant, all)
    return all
  }

  /** Bindings by the very list of connections, which all share who have it from the same level. */
  const shared = new WeakMap<readonly Declared<'Connection'>[], Map<string, Bound>>()

  const guardrails = Map.groupBy(fleet.guardrails, ({ owner }) => owner)
  const byNode = new Map<TenantNode, readonly Declared<'Guardrail'>[]>()
  /** Guardrails of the tenant's own level and of all above, the outermost first: never those of the whole fleet. */
  const guardrailsOf = (tenant: TenantNode): readonly Declared<'Guardrail'>[] => {
    const known = byNode.get(tenant)
    if (known) return known
    const above = tenant.parent ? guardrailsOf(tenant.parent) : (guardrails.get('') ?? [])
    const own = guardrails.get(tenant.path)
    const all = own ? [...above, ...own] : above
    byNode.set(tenant, all)
    return all
  }

  const bindAction = (
    tenant: TenantNode,
    action: string,
    { inForce, offers: { byAction, unclear } }: Around,
  ): Bound => {
    const declared = fleet.actions.get(action)
    if (!declared) return unbound(problem('unknown-action', `the action \`${action}\` is not declared`, at(tenant)))
    if (isUnreadable(declared)) return unbound({ ...frozenBy(declared.file, declared.unreadable), tenant: tenant.path })
    const { effect, input } = declared.resource.spec
    const ruleFor = (rule: string) =>
      inForce.find((guardrail) => guardrail.resource.spec.rule === rule && isMeant(guardrail, action, effect))
    const forbidden = ruleFor('forbid')
    if (forbidden) {
      const reason = forbidden.resource.spec.message ?? `${forbidden.file} forbids it`
      return unbound(
        problem('forbidden', `\`${action}\` is forbidden for ${tenant.path}: ${reason}`, {
          ...at(tenant),
          place: { file: forbidden.file, line: 1, column: 1 },
        }),
      )
    }
    const approval = ruleFor('approve')?.resource

    const named = tenant.bindings[action]
    const unknown = named?.find((name) => !visibleConnection(tenant, name))
    if (unknown !== undefined) {
      return unbound(
        problem(
          'unknown-connection',
          `\`bindings.${action}\` names \`${unknown}\`, which ${tenant.path} does not have`,
          { ...at(tenant), path: `/spec/bindings/${action}` },
        ),
      )
    }
    const chosen =
      named?.map((name) => visibleConnection(tenant, name) as Declared<'Connection'>) ??
      byAction.get(action) ??
      (unclear ? [unclear] : [])
    if (chosen.length === 0)
      return unbound(problem('missing-binding', `no connection of ${tenant.path} performs \`${action}\``, at(tenant)))
    if (!named && chosen.length > 1) {
      const names = chosen.map((connection) => connection.resource.metadata.name).join(', ')
      return unbound(
        problem('ambiguous-binding', `\`${action}\` may be performed by ${names} for ${tenant.path}`, at(tenant)),
      )
    }
    const reason = approval && (approval.spec.message ?? `${approval.metadata.name} demands an approval`)
    const known = shared.get(chosen) ?? new Map<string, Bound>()
    const key = reason === undefined ? action : `${action} ${reason}`
    let bound = known.get(key)
    if (!bound) {
      bound = boundTo(chosen)
      // What goes wrong names the tenant.
      if (bound.kind === 'bound') shared.set(chosen, known.set(key, bound))
    }
    return bound

    function boundTo(all: readonly Declared<'Connection'>[]): Bound {
      const connections: BoundConnection[] = []
      for (const connection of all) {
        const found = boundConnection(fleet, connection, action)
        if ('code' in found) return unbound({ ...found, tenant: tenant.path })
        connections.push(found)
      }
      const approved = reason !== undefined && { approval: reason }
      return { kind: 'bound', binding: { effect, inputSchema: digestOf(input), ...approved, connections } }
    }
  }

  return (tenant) => {
    const around = {
      inForce: guardrailsOf(tenant).filter(
        ({ owner, resource }) => isWithin(tenant.path, owner) && selects(resource.spec.to, tenant, owner),
      ),
      offers: offersOf(tenant),
    }
    return (action) => bindAction(tenant, action, around)
  }
}

/** What all actions of a tenant have in common. */
interface Around {
  /** Guardrails that mean the tenant, the outermost first. */
  readonly inForce: readonly Declared<'Guardrail'>[]
  readonly offers: Offers
}

/** Who offers what to a tenant: the connections of the nearest level that has any for the action. */
interface Offers {
  readonly byAction: ReadonlyMap<string, readonly Declared<'Connection'>[]>
  /** A connection whose connector cannot be read or is not there. It may perform any action that nobody nearer offers. */
  readonly unclear?: Declared<'Connection'>
}

function boundConnection(fleet: Fleet, connection: Declared<'Connection'>, action: string): BoundConnection | Problem {
  const { spec, metadata } = connection.resource
  const where = { place: { file: connection.file, line: 1, column: 1 }, path: '/spec/connector' }
  const connector = fleet.connectors.get(spec.connector)
  if (!connector) return problem('unknown-connector', `the connector \`${spec.connector}\` is not declared`, where)
  if (isUnreadable(connector)) return frozenBy(connector.file, connector.unreadable)
  if (!connector.resource.spec.actions.some((offered) => offered.action === action)) {
    return problem('missing-binding', `${spec.connector} does not perform \`${action}\``, where)
  }
  const absent = Object.keys(connector.resource.spec.settings ?? {}).find((name) => spec.settings?.[name] === undefined)
  if (absent !== undefined)
    return problem('missing-field', `${spec.connector} needs the setting \`${absent}\``, {
      ...where,
      path: '/spec/settings',
    })
  return {
    name: metadata.name,
    owner: connection.owner,
    connector: spec.connector,
    connectorDigest: digestOf(connector.resource.spec),
    baseUrl: spec.baseUrl,
    allowedOrigins: spec.allowedOrigins ?? [],
    ...(spec.secret !== undefined && { secret: spec.secret }),
    settings: spec.settings ?? {},
  }
}

function visibleConnection(tenant: TenantNode, name: string): Declared<'Connection'> | undefined {
  for (let node: TenantNode | null = tenant; node; node = node.parent) {
    const connection = node.files.connections.get(name)
    if (connection) return connection
  }
  return undefined
}

function isMeant(
  { resource: { spec } }: Declared<'Guardrail'>,
  action: string,
  effect: 'read' | 'contain' | 'destructive',
): boolean {
  return spec.actions?.includes(action) || spec.effects?.includes(effect) || (!spec.actions && !spec.effects)
}

const actions = new WeakMap<object, readonly string[]>()

/** One list for all workflows that use the same actions. */
const lists = new Recent<string, readonly string[]>(10_000)

/** The actions a workflow uses, each once, in order of first use. */
export function actionsOf(spec: Workflow['spec']): readonly string[] {
  let found = actions.get(spec)
  if (!found) {
    const all = new Set<string>()
    for (const { steps } of stepListsIn(spec)) addActions(steps, all)
    // Not joined: a name that a file gives may hold anything.
    found = lists.of(JSON.stringify([...all]), () => [...all])
    actions.set(spec, found)
  }
  return found
}

function addActions(steps: readonly Step[], found: Set<string>): void {
  for (const step of steps) {
    const action = actionOf(step)
    if (action !== undefined) found.add(action)
    for (const list of stepListsOf(step)) addActions(list.steps, found)
  }
}

interface ActionUse {
  readonly action: string
  readonly path: string
}

/** Every step with an action, with its path in the workflow. */
export function* actionUses(spec: Workflow['spec']): Generator<ActionUse> {
  for (const { steps, path } of stepListsIn(spec)) yield* usesIn(steps, formatPath(['spec', ...path]))
}

function* usesIn(steps: readonly Step[], list: string): Generator<ActionUse> {
  for (const step of steps) {
    const path = `${list}/[id=${step.id}]`
    const action = actionOf(step)
    if (action !== undefined) yield { action, path: `${path}/${step.notify ? 'notify' : 'action'}` }
    for (const { steps: nested, path: within } of stepListsOf(step))
      yield* usesIn(nested, `${path}${formatPath(within)}`)
  }
}

function at(tenant: TenantNode): { tenant: string; place: { file: string; line: number; column: number } } {
  return { tenant: tenant.path, place: { file: tenant.declared.file, line: 1, column: 1 } }
}

function unbound(cause: Problem): Bound {
  return { kind: 'unbound', problem: cause }
}
