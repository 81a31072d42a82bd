import { describe, expect, test } from 'vitest'
import { broken, overlay, resolveFiles, tenant, tenantsDownTo, without } from '../../fakes/fleet-files.ts'
import { errorsOf, frozenOf, validTenant } from '../../fakes/fleet-answers.ts'

const node = (state: ReturnType<typeof resolveFiles>, path: string) => {
  const found = state.hierarchy.nodes.get(path)
  if (!found) throw new Error(`${path} is not in the tree`)
  return found
}

describe('what comes down the tree', () => {
  const state = resolveFiles(
    tenant(
      'acme',
      `
      tags: { region: eu, tier: bronze }
      values: { channel: soc, hours: { from: 8, to: 18 }, countries: [SE, NO] }
      contacts: [{ role: soc, email: soc@acme.example }, { role: billing, email: pay@acme.example }]
      timezone: Europe/London
      brand: { name: Acme, logo: brand/acme.svg, colors: { primary: '#111111', accent: '#222222' } }
      bindings: { get_user: [directory], notify: [chat] }
      limits: { concurrentRuns: 20 }
      updates: review
      suspended: true`,
    ),
    tenant(
      'acme/north',
      `
      tags: { tier: gold }
      values: { hours: { to: 24 }, countries: [FI], desk: north }
      contacts: [{ role: soc, email: soc@north.example }]
      brand: { colors: { accent: '#333333' } }
      bindings: { get_user: [okta] }`,
    ),
    tenant(
      'acme/north/contoso',
      'suspended: false\ntimezone: Europe/Stockholm\nlimits: { concurrentRuns: 3 }\nupdates: auto',
    ),
  )

  test('tags and bindings by key, the nearer one wins', () => {
    expect(node(state, 'acme/north/contoso').tags).toEqual({ region: 'eu', tier: 'gold' })
    expect(node(state, 'acme/north/contoso').bindings).toEqual({ get_user: ['okta'], notify: ['chat'] })
  })

  test('values key by key at every depth; lists are replaced', () => {
    expect(node(state, 'acme/north/contoso').values).toEqual({
      channel: 'soc',
      hours: { from: 8, to: 24 },
      countries: ['FI'],
      desk: 'north',
    })
  })

  test('the brand field by field, its colours too', () => {
    expect(node(state, 'acme/north/contoso').brand).toEqual({
      name: 'Acme',
      logo: 'brand/acme.svg',
      colors: { primary: '#111111', accent: '#333333' },
    })
  })

  test('contacts by role', () => {
    expect(node(state, 'acme/north/contoso').contacts.map(({ role, email }) => `${role} ${email}`)).toEqual([
      'soc soc@north.example',
      'billing pay@acme.example',
    ])
  })

  test('time zone, limits, update mode and suspension, each until a nearer tenant says otherwise', () => {
    const says = (path: string) => {
      const { timezone, concurrentRuns, updates, suspended } = node(state, path)
      return { timezone, concurrentRuns, updates, suspended }
    }
    const above = { timezone: 'Europe/London', concurrentRuns: 20, updates: 'review', suspended: true }
    expect(says('acme/north')).toEqual(above)
    expect(says('acme/north/contoso')).toEqual({
      timezone: 'Europe/Stockholm',
      concurrentRuns: 3,
      updates: 'auto',
      suspended: false,
    })
  })

  test('how long finished runs are kept, in the context of who says so or is below', () => {
    const kept = resolveFiles(tenant('acme', 'retention: { runDays: 90 }'), tenant('acme/north'), tenant('lone'))
    expect(['acme', 'acme/north', 'lone'].map((path) => validTenant(kept, path).context.runDays)).toEqual([
      90,
      90,
      undefined,
    ])
  })

  test('where nobody says anything there are defaults', () => {
    const lone = node(resolveFiles(tenant('lone')), 'lone')
    expect(lone).toMatchObject({ timezone: 'UTC', concurrentRuns: 10, updates: 'auto', suspended: false, tags: {} })
  })

  test('a suspended tenant keeps its workflows and says so in its context', () => {
    expect(validTenant(state, 'acme').context.suspended).toBe(true)
    expect(validTenant(state, 'acme/north/contoso').context.suspended).toBe(false)
  })

  test('a tree may be as deep as it likes', () => {
    const deep = Array.from({ length: 30 }, (_, level) => `level-${level}`).join('/')
    expect(resolveFiles(tenantsDownTo(deep)).tenants.get(deep)?.kind).toBe('valid')
  })
})

describe('a tree with holes', () => {
  const tree = { ...tenantsDownTo('acme/north/contoso'), ...tenantsDownTo('acme/south') }

  test('a folder without tenant.yaml freezes itself and what is below it, although it holds nothing else', () => {
    const state = resolveFiles(without(tree, 'tenants/acme/north/tenant.yaml'))
    expect(frozenOf(state)).toEqual({ 'acme/north': 'missing-tenant', 'acme/north/contoso': 'missing-tenant' })
    expect(errorsOf(state)).toEqual(['missing-tenant tenants/acme/north/tenant.yaml'])
  })

  test('a folder that holds an overlay only is meant as a tenant', () => {
    const state = resolveFiles(tree, overlay('acme/east', 'phish', '1.0.0', 'minutesSaved: 3'))
    expect(frozenOf(state)).toEqual({ 'acme/east': 'missing-tenant' })
  })

  test('a misspelt tenant.yaml does not read as “this tenant is gone”', () => {
    const { 'tenants/acme/south/tenant.yaml': text, ...rest } = tree as Record<string, string>
    const state = resolveFiles(rest, { 'tenants/acme/south/tenent.yaml': text as string })
    expect(frozenOf(state)).toEqual({ 'acme/south': 'missing-tenant' })
  })

  test('a tenant.yaml that cannot be read freezes the subtree', () => {
    const state = resolveFiles(tree, broken('tenants/acme/north/tenant.yaml'))
    expect(Object.keys(frozenOf(state))).toEqual(['acme/north', 'acme/north/contoso'])
  })

  test('a tenant that keeps its files elsewhere is frozen with its subtree', () => {
    const state = resolveFiles(tree, tenant('acme/north', 'source: { url: https://git.example/north, ref: main }'))
    expect(frozenOf(state)).toEqual({ 'acme/north': 'tenant-source', 'acme/north/contoso': 'tenant-source' })
  })
})

describe('two tenants with one uid', () => {
  const files = [
    tenant('acme'),
    tenant('acme/alpha', '', 'one-and-the-same'),
    tenant('acme/zeta', '', 'one-and-the-same'),
  ]

  test('both are frozen, because nothing in one commit says which of them was there first', () => {
    const state = resolveFiles(...files, tenant('acme/zeta/below'))
    expect(frozenOf(state)).toEqual({
      'acme/alpha': 'duplicate-uid',
      'acme/zeta': 'duplicate-uid',
      'acme/zeta/below': 'duplicate-uid',
    })
  })

  test('each error names the other file', () => {
    expect(resolveFiles(...files).problems.map(({ message, place }) => `${place?.file}: ${message}`)).toEqual([
      'tenants/acme/alpha/tenant.yaml: the uid one-and-the-same is also that of tenants/acme/zeta/tenant.yaml',
      'tenants/acme/zeta/tenant.yaml: the uid one-and-the-same is also that of tenants/acme/alpha/tenant.yaml',
    ])
  })
})
