/** What a route lets its caller do: a verb on a resource, as in the kind Role. */
export type Permission =
  | 'public'
  | 'alerts:deliver'
  | 'tenants:read'
  | 'connections:administer'
  | 'runs:read'
  | 'runs:run'
  | 'runs:cancel'
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
  if (principal.kind === 'delivery' && permission === 'alerts:deliver' && principal.tenant === tenant)
    return { kind: 'allowed' }
  const who = principal.kind === 'delivery' ? `a delivery for ${principal.tenant}` : principal.kind
  return { kind: 'denied', reason: `${who} may not ${permission}` }
}
