/** Which tags hand which workflows to a tenant. */
export interface Packs {
  /** Cards of which one is dealt to each customer: their mixture is that of the fleet. */
  readonly tiers: readonly string[]
  readonly industries: readonly string[]
  readonly focuses: readonly (string | undefined)[]
  /** Names of the workflows that a tenant with these tags receives. */
  received(tags: Readonly<Record<string, string>>): readonly string[]
  readonly shares: readonly GeneratedShare[]
}

export interface GeneratedShare {
  readonly name: string
  readonly tag?: readonly [tag: string, value: string]
  readonly workflows: readonly string[]
}

const tiers = { gold: 6, silver: 3, bronze: 1 }
const industries = ['finance', 'healthcare', 'industry', 'public', 'retail'] as const

/** Everybody gets the first workflow, tiers the next six, industries one each, the rest go by `focus`: five on average. */
export function createPacks(workflows: readonly string[]): Packs {
  const [first, ...others] = workflows
  const rest = others.slice(6)
  const focuses = rest.slice(industries.length).map((workflow) => ({ value: `focus-${workflow}`, workflow }))
  const byTier = Object.entries(tiers).map(([tier, count]) => share('tier', tier, others.slice(0, count)))
  const byIndustry = industries.map((industry, at) => share('industry', industry, rest.slice(at, at + 1)))
  const byFocus = focuses.map(({ value, workflow }) => share('focus', value, [workflow]))
  const shares = [
    { name: 'everybody', workflows: first === undefined ? [] : [first] },
    ...byTier,
    ...byIndustry,
    ...byFocus,
  ].filter((item: GeneratedShare) => item.workflows.length > 0)
  const without = Array.from({ length: Math.round(focuses.length * 1.5) }, () => undefined)
  return {
    tiers: [...Array(2).fill('gold'), ...Array(3).fill('silver'), ...Array(5).fill('bronze')],
    industries,
    focuses: focuses.length === 0 ? [undefined] : [...focuses.map(({ value }) => value), ...without],
    received: (tags) =>
      shares
        .filter(({ tag }: GeneratedShare) => tag === undefined || tags[tag[0]] === tag[1])
        .flatMap((item) => item.workflows),
    shares,
  }
}

function share(tag: string, value: string, workflows: readonly string[]): GeneratedShare {
  return { name: tag === 'focus' ? value : `${tag}-${value}`, tag: [tag, value], workflows }
}

export function shareText({ name, tag, workflows }: GeneratedShare): string {
  return `apiVersion: headwater.dev/v1
kind: Share
metadata: { name: ${name} }
spec:
  workflows:
${workflows.map((workflow) => `    - { name: ${workflow}, channel: stable }\n`).join('')}  to: ${tag === undefined ? '{}' : `{ tags: { ${tag[0]}: [${tag[1]}] } }`}
`
}
