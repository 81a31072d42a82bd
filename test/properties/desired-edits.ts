import { type Document, parseDocument } from 'yaml'

/** Numbers from a seed (mulberry32), so that a history can be written again. */
export function createDice(seed: number) {
  let state = seed >>> 0
  const below = (end: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end
  }
  const pick = <T>(list: readonly T[]): T => {
    if (list.length === 0) throw new Error('nothing to choose from')
    return list[below(list.length)] as T
  }
  return { below, pick }
}

export type Dice = ReturnType<typeof createDice>

/** Makes one edit as an operator would, and says what it was. */
export type Edit = (fleet: FleetDraft, dice: Dice) => string

/** The files of a fleet, edited with their comments kept. */
export class FleetDraft {
  readonly files: Map<string, string>

  constructor(files: ReadonlyMap<string, string>) {
    this.files = new Map(files)
  }

  paths(pattern: RegExp): string[] {
    return [...this.files.keys()].filter((path) => pattern.test(path)).sort()
  }

  tenants(): string[] {
    return this.paths(/^tenants\/.*tenant\.yaml$/).map((path) => path.slice('tenants/'.length, -'/tenant.yaml'.length))
  }

  /** Releases of a workflow of the root. */
  releases(workflow: string): string[] {
    return this.paths(new RegExp(`^workflows/${workflow}/releases/`)).map((path) =>
      path.slice(path.lastIndexOf('/') + 1, -'.yaml'.length),
    )
  }

  workflows(): string[] {
    return this.paths(/^workflows\/[^/]+\/channels\.yaml$/).map((path) => path.split('/')[1] as string)
  }

  edit(path: string, change: (document: Document) => void): void {
    const text = this.files.get(path) as string
    const document = parseDocument(text)
    // A file that an earlier edit broke stays broken, and gets one line more.
    if (document.errors.length > 0) this.files.set(path, `${text}# still\n`)
    else {
      change(document)
      this.files.set(path, document.toString({ lineWidth: 0 }))
    }
  }
}

const overlays = /\/overlays\/[^/]+\.yaml$/
const head = (kind: string, name: string, rest = ''): string =>
  `apiVersion: headwater.dev/v1\nkind: ${kind}\nmetadata: { name: ${name}${rest} }\nspec:\n`

export const edits: readonly Edit[] = [
  function changeOverlayLeaf(fleet, { pick, below }) {
    const path = pick(fleet.paths(overlays))
    fleet.edit(path, (document) => document.setIn(['spec', 'patch', 'minutesSaved'], below(1_000)))
    return `minutesSaved in ${path}`
  },
  function rebaseOverlay(fleet, { pick }) {
    const path = pick(fleet.paths(overlays))
    const releases = fleet.releases(path.slice(path.lastIndexOf('/') + 1, -5))
    if (releases.length > 0) fleet.edit(path, (document) => document.setIn(['spec', 'base'], pick(releases)))
    return `base of ${path}`
  },
  function addSecondOverlay(fleet, { pick, below }) {
    const path = pick(fleet.paths(overlays))
    const twin = path.replace(/\.yaml$/, '-more.yaml')
    const workflow = path.slice(path.lastIndexOf('/') + 1, -5)
    if (workflow.endsWith('-more') || fleet.files.get(path)?.includes('kind: Overlay') !== true) return 'nothing'
    const base = pick(['1.0.0', ...fleet.releases(workflow)])
    const field = pick(['minutesSaved', 'title', 'description'])
    const soft = pick(['', `  x-default: [/spec/${field}]\n`])
    const value = field === 'minutesSaved' ? below(3) : `text ${below(3)}`
    const patch = `  workflow: ${workflow}\n  base: ${base}\n  patch: { ${field}: ${value} }\n`
    fleet.files.set(twin, `${head('Overlay', `${workflow}-more`)}${patch}${soft}`)
    return `second overlay ${twin}`
  },
  function changeTag(fleet, { pick }) {
    const tenant = pick(fleet.tenants())
    const [tag, value] = pick([
      ['tier', 'gold'],
      ['tier', 'silver'],
      ['tier', 'bronze'],
      ['industry', 'finance'],
      ['environment', 'ot'],
      ['ring', 'early'],
    ])
    fleet.edit(`tenants/${tenant}/tenant.yaml`, (document) => document.setIn(['spec', 'tags', tag], value))
    return `${tag}=${value} at ${tenant}`
  },
  function changeValue(fleet, { pick, below }) {
    const tenant = pick(fleet.tenants())
    const value = pick<unknown>([below(100), `text ${below(100)}`, [below(5), below(5)], { deep: below(9) }, null])
    fleet.edit(`tenants/${tenant}/tenant.yaml`, (document) =>
      document.setIn(['spec', 'values', pick(['domain', 'soc_channel', 'new_value'])], value),
    )
    return `a value of ${tenant}`
  },
  function suspend(fleet, { pick }) {
    const tenant = pick(fleet.tenants())
    fleet.edit(`tenants/${tenant}/tenant.yaml`, (document) => document.setIn(['spec', 'suspended'], true))
    return `${tenant} suspended`
  },
  function changeShare(fleet, { pick }) {
    const path = pick(fleet.paths(/policies\/shares\//))
    const change = pick<[string[], unknown]>([
      [['to', 'exclude'], [pick(fleet.tenants())]],
      [['to', 'subtree'], pick(['acme/north', 'acme/south', 'acme'])],
      [['access'], pick(['read-only', 'customisable'])],
      [['updates'], pick(['auto', 'review', 'pinned'])],
    ])
    fleet.edit(path, (document) => document.setIn(['spec', ...change[0]], change[1]))
    return `${change[0].join('.')} of ${path}`
  },
  function promote(fleet, { pick }) {
    const workflow = pick(fleet.workflows())
    const release = pick(fleet.releases(workflow))
    fleet.edit(`workflows/${workflow}/channels.yaml`, (document) =>
      document.setIn(['spec', 'channels', 'stable'], release),
    )
    return `${workflow} stable ${release}`
  },
  function addOverlay(fleet, { pick, below }) {
    const workflow = pick(fleet.workflows())
    const path = `tenants/${pick(fleet.tenants())}/overlays/${workflow}.yaml`
    if (fleet.files.has(path)) return `${path} stays`
    const patch = pick([`minutesSaved: ${below(500)}`, `title: Edition ${below(9)}`, 'outputs: null'])
    fleet.files.set(
      path,
      `${head('Overlay', workflow)}  workflow: ${workflow}\n  base: ${pick(fleet.releases(workflow))}\n  patch: { ${patch} }\n`,
    )
    return `new ${path}`
  },
  function removeOverlay(fleet, { pick }) {
    const path = pick(fleet.paths(overlays))
    fleet.files.delete(path)
    return `no ${path}`
  },
  function addTenant(fleet, { pick, below }) {
    const name = `new-${below(1_000_000)}`
    const path = `${pick(fleet.tenants())}/${name}`
    fleet.files.set(
      `tenants/${path}/tenant.yaml`,
      `${head('Tenant', name, `, uid: uid-of-${name}`)}  displayName: ${name}\n  tags: { tier: ${pick(['gold', 'bronze'])} }\n`,
    )
    return `new ${path}`
  },
  function removeTenant(fleet, { pick }) {
    const all = fleet.tenants()
    const leaf = pick(all.filter((path) => !all.some((other) => other.startsWith(`${path}/`))))
    for (const path of fleet.paths(new RegExp(`^tenants/${leaf}/`))) fleet.files.delete(path)
    return `no ${leaf}`
  },
  function breakOverlay(fleet, { pick }) {
    const path = pick(fleet.paths(overlays))
    fleet.files.set(path, `${fleet.files.get(path)}broken: [\n`)
    return `${path} breaks`
  },
]
