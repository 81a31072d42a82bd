import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { channels, release, share, tenantsDownTo } from '../fakes/fleet-files.ts'
import { commitAll, git, newRepository, writeFiles } from '../io/git/repositories.ts'
import { headwater } from './controller-process.ts'

/**
 * Three days of one template and one customer who has changed it: the story of Nephio's issue 7, where the customer's
 * edits were lost at the second upgrade. Each day both sides change something; what really collides is asked once.
 */
const file = 'tenants/acme/contoso/overlays/phish.yaml'
const hoursAt = '/spec/steps/[id=find]/set/hours'
const textAt = '/spec/steps/[id=tell]/set/text'

const overlayText = `# Contoso keeps three days of mail: see the contract, §4.
apiVersion: headwater.dev/v1
kind: Overlay
metadata: { name: phish }
spec:
  workflow: phish
  base: 1.0.0   # written on our first day
  patch:
    steps:
      # The auditor asked for this.
      - id: find
        set:
          hours: 72 # three days

      - id: own   # nobody else has this step
        $after: tell
        set: { desk: "contoso" }
`

const phish = (version: string, hours: number, text: string, more = '') =>
  release(
    'phish',
    version,
    `steps: [{ id: find, set: { hours: ${hours}, mail: soc${more} } }, { id: tell, set: { text: "${text}" } }]`,
  )

interface Raised {
  readonly id: string
  readonly path: string
  readonly level: string
  readonly base: unknown
  readonly ours: unknown
  readonly theirs: unknown
}

class Days {
  readonly root = newRepository({
    ...tenantsDownTo('acme/contoso'),
    ...phish('1.0.0', 24, 'found'),
    ...channels('phish', '{ stable: 1.0.0 }'),
    ...share('all', 'phish'),
    [file]: overlayText,
  })

  constructor() {
    git(this.root, ['config', 'user.name', 'Ada'])
    git(this.root, ['config', 'user.email', 'ada@example.com'])
  }

  /** Upstream freezes a release and points the channel to it. */
  publish(version: string, hours: number, text: string, more?: string): void {
    writeFiles(this.root, { ...phish(version, hours, text, more), ...channels('phish', `{ stable: ${version} }`) })
    commitAll(this.root, `release ${version}`)
  }

  /** The customer edits its own file, as people do. */
  customise(what: string, from: string, to: string): void {
    const path = join(this.root, file)
    const text = readFileSync(path, 'utf8')
    if (!text.includes(from)) throw new Error(`the overlay does not say ${from}`)
    writeFileSync(path, text.replace(from, to))
    commitAll(this.root, `contoso: ${what}`)
  }

  overlay(): string {
    return readFileSync(join(this.root, file), 'utf8')
  }

  async conflicts(): Promise<Raised[]> {
    const { code, stdout } = await headwater(['conflicts', '-o', 'json', '--repo', this.root])
    const raised = JSON.parse(stdout) as Raised[]
    expect(code).toBe(raised.length > 0 ? 1 : 0)
    return raised
  }

  /** `release step…`: what runs at the customer. */
  async running(): Promise<{ release: string; steps: Record<string, unknown> }> {
    const { stdout } = await headwater(['render', 'acme/contoso', 'phish', '-o', 'json', '--repo', this.root])
    const [workflow] = JSON.parse(stdout).workflows
    return {
      release: workflow.release,
      steps: Object.fromEntries(workflow.spec.steps.map((step: { id: string; set: unknown }) => [step.id, step.set])),
    }
  }

  async decide(side: string, path: string): Promise<void> {
    const take = ['upgrade', 'acme/contoso', 'phish', '--take', side, path, '--commit', '--repo', this.root]
    const { code, stdout, stderr } = await headwater(take)
    expect(code, stdout + stderr).toBe(0)
  }

  /** Lines that the last commit took from the overlay and gave it. */
  lastEdit(): string[] {
    return git(this.root, ['log', '-1', '-p', '--format=', '--', file])
      .split('\n')
      .filter((line) => /^[-+](?![-+])/.test(line))
  }
}

test('three days of upgrades lose nothing and ask each thing once', { timeout: 180_000 }, async () => {
  const days = new Days()

  // Day 1: the two sides change different fields. Both arrive, and nobody touches the customer's file.
  days.publish('1.1.0', 24, 'found it')
  days.customise('mail', 'hours: 72', 'mail: desk\n          hours: 72')
  const firstText = days.overlay()
  expect(await days.conflicts()).toEqual([])
  expect(await days.running()).toEqual({
    release: '1.1.0',
    steps: { find: { hours: 72, mail: 'desk' }, tell: { text: 'found it' }, own: { desk: 'contoso' } },
  })
  expect(days.overlay()).toBe(firstText)

  // Day 2: upstream moves the field that the customer has changed, and adds another one.
  days.publish('1.2.0', 48, 'found it', ', deep: true')
  const [collision, ...more] = await days.conflicts()
  expect(more).toEqual([])
  expect(collision).toMatchObject({ path: hoursAt, level: 'acme/contoso', base: 24, ours: 72, theirs: 48 })
  expect(await days.running()).toMatchObject({
    release: '1.1.0',
    steps: { find: { hours: 72, mail: 'desk' }, tell: { text: 'found it' } },
  })
  await days.decide('ours', hoursAt)
  expect(days.overlay()).toBe(firstText.replace('base: 1.0.0', 'base: 1.2.0'))
  expect(days.lastEdit()).toEqual([
    '-  base: 1.0.0   # written on our first day',
    '+  base: 1.2.0   # written on our first day',
  ])
  expect(await days.conflicts()).toEqual([])
  expect(await days.running()).toEqual({
    release: '1.2.0',
    steps: { find: { hours: 72, mail: 'desk', deep: true }, tell: { text: 'found it' }, own: { desk: 'contoso' } },
  })

  // Day 3: on one day the customer changes a text and upstream changes it too.
  days.customise('text', ' # three days\n', ' # three days\n      - id: tell\n        set: { text: gefunden }\n')
  days.publish('1.3.0', 48, 'found and kept', ', deep: true')
  const second = await days.conflicts()
  expect(second).toMatchObject([{ path: textAt, base: 'found it', ours: 'gefunden', theirs: 'found and kept' }])
  expect(second[0]?.id).not.toBe(collision?.id)
  expect((await days.running()).steps).toMatchObject({ find: { hours: 72 }, tell: { text: 'gefunden' } })
  await days.decide('theirs', textAt)
  expect(days.overlay()).toBe(firstText.replace('base: 1.0.0', 'base: 1.3.0'))
  expect(days.lastEdit()).toEqual([
    '-  base: 1.2.0   # written on our first day',
    '+  base: 1.3.0   # written on our first day',
    '-      - id: tell',
    '-        set: { text: gefunden }',
  ])

  // Day 4: nothing that was decided is asked again. The text that was given up follows upstream.
  days.publish('1.4.0', 48, 'kept', ', deep: true')
  expect(await days.conflicts()).toEqual([])
  expect(await days.running()).toEqual({
    release: '1.4.0',
    steps: { find: { hours: 72, mail: 'desk', deep: true }, tell: { text: 'kept' }, own: { desk: 'contoso' } },
  })
  expect(days.overlay()).toBe(firstText.replace('base: 1.0.0', 'base: 1.3.0'))
  expect(git(days.root, ['log', '--reverse', '--format=%s', '--', file]).split('\n')).toEqual([
    'first',
    'contoso: mail',
    'Upgrade phish to 1.2.0 for acme/contoso',
    'contoso: text',
    'Upgrade phish to 1.3.0 for acme/contoso',
  ])
})
