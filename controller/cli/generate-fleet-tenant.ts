import type { Random } from './generate-fleet-random.ts'

/** A tenant of the generated tree, a parent before its children. */
export interface GeneratedTenant {
  readonly path: string
  readonly level: 'region' | 'partner' | 'customer' | 'site'
  /** Number among all tenants: part of the uid, so that no two are equal. */
  readonly number: number
  /** Own tags and those from above. */
  readonly tags: Readonly<Record<string, string>>
  readonly ownTags: Readonly<Record<string, string>>
  readonly displayName: string
  /** Release in force by workflow, where the tenant decides itself when to move. */
  readonly pins?: Readonly<Record<string, string>>
}

const timezones = ['Europe/London', 'Europe/Berlin', 'Europe/Madrid', 'America/New_York', 'Asia/Singapore'] as const

/** tenant.yaml, about 28 lines. */
export function tenantText(tenant: GeneratedTenant, random: Random): string {
  const { path, displayName, ownTags, number, pins } = tenant
  const name = path.slice(path.lastIndexOf('/') + 1)
  const domain = `${path.split('/').reverse().join('.')}.example`
  const tags = Object.entries(ownTags).map(([tag, value]) => `    ${tag}: ${value}\n`)
  const pinned = Object.entries(pins ?? {}).map(([workflow, release]) => `    ${workflow}: ${release}\n`)
  return `apiVersion: headwater.dev/v1
kind: Tenant
metadata:
  name: ${name}
  uid: ${uidOf(number, random)}
spec:
  displayName: ${displayName}
  tags:
${tags.join('')}  values:
    domain: ${domain}
    soc_channel: soc-${name}
    mailbox: security@${domain}
    crown_jewels:
      - ${name.toUpperCase()}-DC-01
      - ${name.toUpperCase()}-ERP-${10 + random.below(90)}
    quiet_hours:
      from: '22:00'
      to: '06:00'
  contacts:
    - role: security
      email: security@${domain}
    - role: service
      email: service@${domain}
  timezone: ${random.pick(timezones)}
  limits:
    concurrentRuns: ${5 + random.below(20)}
${pinned.length === 0 ? '' : `  updates: review\n  pins:\n${pinned.join('')}`}`
}

/** A connection of the tenant to an invented product. */
export function connectionText(name: string, connector: string, path: string): string {
  return `apiVersion: headwater.dev/v1
kind: Connection
metadata: { name: ${name} }
spec:
  connector: ${connector}
  baseUrl: https://${name}.${path.split('/').reverse().join('.')}.example
  secret: ${name}-token
`
}

function uidOf(number: number, random: Random): string {
  return `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-8${random.hex(3)}-${number.toString(16).padStart(12, '0')}`
}
