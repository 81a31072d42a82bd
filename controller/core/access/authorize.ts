/** What a route lets its caller do: a verb on a resource, as in the kind Role. */
export type Permission =
  | 'public'
  | 'alerts:deliver'
  | 'sources:hint'
  | 'tenants:read'
  | 'connections:administer'
  | 'runs:read'
  | 'runs:run'
  | 'runs:cancel'
  | 'runs:remove'
  | 'cases:read'
  | 'approvals:approve'

/** Who asks. The operator holds the token file of this installation; a delivery has proved a tenant's webhook secret. */
export type Principal =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'operator' }
  | { readonly kind: 'delivery'; readonly tenant: string }

export type Authorization = { readonly kind: 'allowed' } | { readonly kind: 'denied'; readonly reason: string }

/** The one place where a request becomes authorized. What is not allowed here is denied. */
export function authorize(principal: Principal, permission: Permission, tenant: string | undefined): Authorization {
  if (permission === 'public') return { kind: 'allowed' }
  if (principal.kind === 'operator' && permission !== 'alerts:deliver') return { kind: 'allowed' }
  const isDelivery = permission === 'alerts:deliver' || permission === 'sources:hint'
  if (principal.kind === 'delivery' && isDelivery && principal.tenant === tenant) return { kind: 'allowed' }
  const who = principal.kind === 'delivery' ? `a delivery for ${principal.tenant}` : principal.kind
  return { kind: 'denied', reason: `${who} may not ${permission}` }
}

/** The right to one tenant's data. Nothing but `authorizeTenant` makes one, so whoever holds it was asked. */
class TenantAccess {
  readonly #isGranted = true
  readonly tenantUid: string

  constructor(tenantUid: string) {
    this.tenantUid = tenantUid
  }

  static isGranted(access: object): boolean {
    return #isGranted in access && access.#isGranted
  }
}
export type { TenantAccess }

export type TenantAuthorization =
  | { readonly kind: 'allowed'; readonly access: TenantAccess }
  | Extract<Authorization, { kind: 'denied' }>

/** As `authorize`, and hands out what a store wants to see before it opens a tenant's data. */
export function authorizeTenant(
  principal: Principal,
  permission: Permission,
  tenant: { readonly path: string; readonly uid: string },
): TenantAuthorization {
  const authorization = authorize(principal, permission, tenant.path)
  return authorization.kind === 'denied' ? authorization : { kind: 'allowed', access: new TenantAccess(tenant.uid) }
}

/** True iff it was made here: types are gone at run time, and a copy of the fields is no right. */
export function isGranted(access: TenantAccess): boolean {
  return TenantAccess.isGranted(access)
}
