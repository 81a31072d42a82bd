import { createDeck, type Random } from './generate-fleet-random.ts'
import type { Packs } from './generate-fleet-shares.ts'
import type { GeneratedTenant } from './generate-fleet-tenant.ts'
import { releaseOf } from './generate-fleet-workflow.ts'

/** Regions are of unequal size: in per cent of the partners. */
const regions = [
  ['north', 19],
  ['east', 16],
  ['south', 14],
  ['west', 13],
  ['coast', 12],
  ['highland', 10],
  ['island', 9],
  ['valley', 7],
] as const

const first = ['Alder', 'Birch', 'Cedar', 'Dune', 'Ember', 'Fjord', 'Granite', 'Heron', 'Iris', 'Juniper'] as const
const second = [
  'Bakery',
  'Clinic',
  'Foundry',
  'Freight',
  'Gardens',
  'Hotel',
  'Law',
  'Press',
  'School',
  'Works',
] as const

/** A customer has at most so many sites. */
const mostSites = 5
const reviewing = 0.04

/** Exactly `count` tenants: regions, one partner for fifty tenants, their customers, and the sites of those. */
export function* generateTree(count: number, packs: Packs, random: Random): Generator<GeneratedTenant> {
  const partners = Math.min(Math.max(1, Math.round(count / 50)), Math.max(1, count - 1))
  const used = regions.slice(0, partners)
  const perRegion = share(
    partners,
    used.map(([, weight]) => weight),
  )
  const below = share(
    Math.max(0, count - used.length - partners),
    Array.from({ length: partners }, () => 1),
  )
  const deal = createDealer(packs, random)
  let number = 0
  let partner = 0
  let customer = 0

  function* customers(partnerPath: string, above: GeneratedTenant['tags'], budget: number): Generator<GeneratedTenant> {
    for (let left = budget; left > 0; ) {
      const place = ++customer
      const words = [random.pick(first), random.pick(second)]
      const path = `${partnerPath}/${words.join('-').toLowerCase()}-${place}`
      const displayName = `${words.join(' ')} ${place}`
      const { tags: ownTags, pins } = deal()
      const tags = { ...above, ...ownTags }
      yield { path, level: 'customer', number: ++number, tags, ownTags, displayName, ...(pins && { pins }) }
      const sites = Math.min(--left, random.below(mostSites + 1))
      left -= sites
      for (let at = 1; at <= sites; at++) {
        const own = { site: at === 1 ? 'head-office' : 'branch' }
        const site = { path: `${path}/site-${at}`, displayName: `${displayName}, site ${at}` }
        yield { ...site, level: 'site', number: ++number, tags: { ...tags, ...own }, ownTags: own }
      }
    }
  }

  for (const [at, [region]] of used.entries()) {
    if (number >= count) return
    const tags = { region }
    yield { path: region, level: 'region', number: ++number, tags, ownTags: tags, displayName: `Region ${region}` }
    for (let more = perRegion[at] as number; more > 0 && number < count; more--) {
      const ownTags = { channel: partner % 4 === 3 ? 'reseller' : 'direct' }
      const path = `${region}/partner-${partner + 1}`
      const displayName = `Partner ${partner + 1}`
      yield { path, level: 'partner', number: ++number, tags: { ...tags, ...ownTags }, ownTags, displayName }
      yield* customers(path, { ...tags, ...ownTags }, below[partner++] as number)
    }
  }
}

/** Tags that decide what a customer receives, and for a few the releases they stay at. */
function createDealer(packs: Packs, random: Random) {
  const tier = createDeck(random, packs.tiers)
  const industry = createDeck(random, packs.industries)
  const focus = createDeck(random, packs.focuses)
  return (): { tags: Record<string, string>; pins?: Record<string, string> } => {
    const wanted = focus()
    const tags = { tier: tier(), industry: industry(), ...(wanted !== undefined && { focus: wanted }) }
    if (!random.chance(reviewing)) return { tags }
    const pins = Object.fromEntries(packs.received(tags).map((workflow) => [workflow, releaseOf(workflow, 'stable')]))
    return { tags, pins }
  }
}

/** Splits a whole number by weights, without remainder. */
function share(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0)
  let [weight, given] = [0, 0]
  return weights.map((own) => {
    weight += own
    const upTo = Math.round((total * weight) / sum)
    const part = upTo - given
    given = upTo
    return part
  })
}
