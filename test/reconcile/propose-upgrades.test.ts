import { describe, expect, test } from 'vitest'
import type { Proposal } from '../../controller/io/git/forge/forge.ts'
import { checkProposal } from '../../controller/io/git/forge/check-proposal.ts'
import { resolve } from '../../controller/core/desired/index.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import { upgradeProposals } from '../../controller/reconcile/propose-upgrades.ts'
import {
  channels,
  type Files,
  overlay,
  parsed,
  release,
  resolveFiles,
  share,
  tenant,
  tenantsDownTo,
} from '../fakes/fleet-files.ts'

const steps = (hours: number, more = ''): string =>
  `steps:\n  - id: find\n    set: { hours: ${hours} }${more}\n  - { id: tell, set: { text: found } }`
const fleet: Files = {
  ...tenantsDownTo('acme/north/contoso'),
  ...tenant('acme/south'),
  ...release('phish', '1.0.0', steps(24)),
  ...release('phish', '2.0.0', steps(48, ' # two days\n  # Since 2.0.0.\n  - { id: ask, set: { whom: soc } }')),
  ...channels('phish', '{ stable: 2.0.0 }'),
  ...share('all', 'phish'),
}
const hours = (owner: string): Files => overlay(owner, 'phish', '1.0.0', 'steps: [{ id: find, set: { hours: 72 } }]')
const clone = (owner: string, spec = steps(24)): Files => ({
  [`tenants/${owner}/workflows/phish/workflow.yaml`]: (
    Object.values(release('phish', '1.0.0', spec))[0] as string
  ).replace('name: phish', 'name: phish, annotations: { headwater.dev/base: phish@1.0.0 }'),
})

async function proposed(files: Files): Promise<readonly Proposal[]> {
  const proposals = await upgradeProposals(resolveFiles(files), {
    base: 'main',
    now: 0,
    textOf: async (file) => files[file],
  })
  for (const proposal of proposals) checkProposal(proposal)
  return proposals
}
const told = async (files: Files): Promise<string[]> => (await proposed(files)).map(({ title }) => title)

describe('auto', () => {
  test('asks nothing where the release merges', async () => {
    expect(await told(fleet)).toEqual([])
    expect(await told({ ...fleet, ...overlay('acme', 'phish', '1.0.0', 'minutesSaved: 5') })).toEqual([])
  })

  test('asks the level that holds, once for all below it', async () => {
    expect(await told({ ...fleet, ...hours('acme/north') })).toEqual([
      'Upgrade phish to 2.0.0 for acme/north: 1 conflict to decide',
    ])
  })

  test('asks the owner of a clone, which cannot follow by itself, and none of those below', async () => {
    expect(await told({ ...fleet, ...clone('acme/north') })).toEqual(['Upgrade phish to 2.0.0 for acme/north'])
  })

  test('asks nobody whose files stand in a repository of his own', async () => {
    const source = 'source: { url: https://git.example/north, ref: main }'
    const files = { ...fleet, ...tenant('acme/north', source), ...hours('acme/north/contoso') }
    const mount = { path: 'tenants/acme/north/', oid: '', verdict: { kind: 'mount' as const, isFilled: true } }
    const state = resolve([...parsed(files), mount], checkWorkflowSpec)
    const options = { base: 'main', now: 0, textOf: async (file: string) => files[file] }
    expect(state.tenants.get('acme/north/contoso')?.kind).toBe('valid')
    expect(await upgradeProposals(state, options)).toEqual([])
  })

  test('asks a level that receives an older release than those it holds', async () => {
    const files = {
      ...fleet,
      ...hours('acme/north'),
      ...channels('phish', '{ stable: 1.0.0, canary: 2.0.0 }'),
      ...share('canary', '[{ name: phish, channel: canary }]', 'to: { subtree: acme/north/contoso }', 'acme/north'),
    }
    expect(await told(files)).toEqual(['Upgrade phish to 2.0.0 for acme/north: 1 conflict to decide'])
  })
})

describe('review', () => {
  const review = share('all', 'phish', 'updates: review\nto: {}')

  test('asks for every overlay and pin that is behind', async () => {
    const files = { ...fleet, ...review, ...hours('acme/north'), ...tenant('acme/south', 'pins: { phish: 1.0.0 }') }
    expect(await told(files)).toEqual([
      'Upgrade phish to 2.0.0 for acme/north: 1 conflict to decide',
      'Upgrade phish to 2.0.0 for acme/south',
    ])
  })

  test('does not ask those below a clone for a pin that would change nothing', async () => {
    const files = {
      ...fleet,
      ...review,
      ...clone('acme/north'),
      ...overlay('acme/north/contoso', 'phish', '1.0.0', 'minutesSaved: 5'),
    }
    expect(await told(files)).toEqual(['Upgrade phish to 2.0.0 for acme/north'])
  })

  test('waits with a pin where a level above has to decide', async () => {
    const files = {
      ...fleet,
      ...hours('acme/north'),
      ...tenant('acme/north/contoso', 'updates: review\npins: { phish: 1.0.0 }'),
    }
    expect(await told(files)).toEqual(['Upgrade phish to 2.0.0 for acme/north: 1 conflict to decide'])
  })
})

describe('pinned', () => {
  test('asks nothing, whatever stands there', async () => {
    const pinned = share('all', 'phish', 'updates: pinned\nto: {}')
    expect(await told({ ...fleet, ...pinned, ...hours('acme/north'), ...clone('acme/south') })).toEqual([])
  })
})

describe('a proposal', () => {
  test('has a key that no release changes, and one file', async () => {
    const [proposal] = await proposed({ ...fleet, ...hours('acme/north') })
    expect(proposal).toMatchObject({ key: 'upgrade/acme/north/phish', base: 'main', labels: ['upgrade', 'conflict'] })
    expect([...(proposal?.files.keys() ?? [])]).toEqual(['tenants/acme/north/overlays/phish.yaml'])
  })

  test('of a clone brings the comments of what the template changed', async () => {
    const [proposal] = await proposed({ ...fleet, ...clone('acme/north') })
    expect([...(proposal?.files.values() ?? [])][0]).toContain('# Since 2.0.0.\n')
  })

  test('with more conflicts than a forge takes in one text still tells how many there are', async () => {
    const many = (value: string): string =>
      `steps:\n${Array.from({ length: 600 }, (_, at) => `  - { id: step_${at}, set: { text: "${value.repeat(30)}${at}" } }`).join('\n')}`
    const [proposal] = await proposed({
      ...fleet,
      ...release('phish', '1.0.0', many('base ')),
      ...release('phish', '2.0.0', many('theirs ')),
      ...overlay('acme', 'phish', '1.0.0', many('ours ')),
    })
    expect(proposal?.title).toBe('Upgrade phish to 2.0.0 for acme: 600 conflicts to decide')
    expect(proposal?.body.length).toBeLessThanOrEqual(65_536)
    expect(proposal?.body).toMatch(/more conflicts/)
  })

  test('for a tenant of a very long path has a branch that git takes, and keeps what is to decide in its title', async () => {
    const deep = Array.from({ length: 6 }, (_, at) => `${'a'.repeat(50)}${at}`).join('/')
    const [proposal] = await proposed({ ...fleet, ...tenantsDownTo(deep), ...hours(deep) })
    expect(proposal?.title).toMatch(/…: 1 conflict to decide$/)
  })

  test('holds nothing that a terminal, a table or a shell would obey', async () => {
    const key = `it's | \`a\` \\u001b[31m`
    const hostile = (value: number): string => `steps: [{ id: find, set: { "${key}": ${value} } }]`
    const [proposal] = await proposed({
      ...fleet,
      ...release('phish', '1.0.0', hostile(1)),
      ...release('phish', '2.0.0', hostile(2)),
      ...overlay('acme', 'phish', '1.0.0', hostile(3)),
    })
    expect(proposal?.body).toContain(
      String.raw`| ${'``'} /spec/steps/[id=find]/set/it's \| ${'`a`'} \x1b[31m ${'``'} | edit/edit |`,
    )
    expect(proposal?.body).toContain(String.raw`--take ours $'/spec/steps/[id=find]/set/it\'s | ${'`a`'} \x1b[31m'`)
  })
})
