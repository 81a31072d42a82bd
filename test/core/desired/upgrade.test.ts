import { describe, expect, test } from 'vitest'
import { upgrade } from '../../../controller/core/authoring/index.ts'
import { type DesiredState, heldConflicts } from '../../../controller/core/desired/index.ts'
import type { Resolution } from '../../../controller/core/merge/index.ts'
import {
  broken,
  channels,
  type Files,
  overlay,
  release,
  resolveFiles,
  share,
  tenant,
  tenantsDownTo,
} from '../../fakes/fleet-files.ts'
import { frozenOf, receives, workflowOf } from '../../fakes/fleet-answers.ts'

const steps = (hours: number, text = 'found', more = ''): string =>
  `${more}\nsteps: [{ id: find, set: { hours: ${hours} } }, { id: tell, set: { text: ${text} } }]`
const hoursAt = '/spec/steps/[id=find]/set/hours'
const fleet: Files = {
  ...tenantsDownTo('acme/north/contoso'),
  ...tenant('acme/north/marlow'),
  ...tenant('acme/south'),
  ...release('phish', '1.0.0', steps(24)),
  ...release('phish', '2.0.0', steps(48)),
  ...channels('phish', '{ stable: 2.0.0 }'),
  ...share('all', 'phish'),
}
const hours = (owner: string, value: number, base = '1.0.0'): Files =>
  overlay(owner, 'phish', base, `steps: [{ id: find, set: { hours: ${value} } }]`)
const find = (state: DesiredState, path: string) => workflowOf(state, path, 'phish').spec.steps[0]?.set

/** The fleet after `upgrade`, or `code: message` where it is refused, or the paths that are open. */
function moved(
  files: Files,
  tenantPath: string,
  take: Resolution | undefined,
  options: { to?: string; everywhere?: boolean; mayStayOpen?: boolean } = {},
): Files | string {
  const answer = upgrade(resolveFiles(files), (path) => files[path] as string, {
    tenant: tenantPath,
    workflow: 'phish',
    decide: () => take,
    everywhere: false,
    mayStayOpen: false,
    ...options,
  })
  if (answer.kind === 'undecided')
    return `open: ${answer.conflicts.map(({ level, path }) => `${level} ${path}`).join()}`
  if (answer.kind === 'refused') return `${answer.problem.code}: ${answer.problem.message}`
  return { ...files, ...(Object.fromEntries(answer.edits) as Files) }
}
const changedFiles = (before: Files, after: Files | string): string[] =>
  typeof after === 'string' ? [after] : Object.keys(after).filter((path) => after[path] !== before[path])
const after = (...args: Parameters<typeof moved>): DesiredState => {
  const files = moved(...args)
  if (typeof files === 'string') throw new Error(files)
  return resolveFiles(files)
}
const raised = (state: DesiredState) =>
  heldConflicts(state).map(({ level, path, tenants }) => `${level} ${path}: ${tenants.join(' ')}`)

describe('a conflict of a sub-MSP', () => {
  const files = { ...fleet, ...hours('acme/north', 72) }

  test('is raised once, to its owner, for all it holds; siblings go on', () => {
    const state = resolveFiles(files)
    expect(raised(state)).toEqual([`acme/north ${hoursAt}: acme/north acme/north/contoso acme/north/marlow`])
    expect(receives(state, 'acme/south')).toEqual(['phish@2.0.0'])
  })

  test('is not for those below to decide', () => {
    const below = { ...files, ...overlay('acme/north/contoso', 'phish', '1.0.0', 'minutesSaved: 5') }
    expect(moved(below, 'acme/north/contoso', 'ours')).toBe(
      'held-back: acme/north has to decide first: its own changes conflict',
    )
  })

  test('decided, lets everybody below go on with what the sub-MSP has', () => {
    const state = after(files, 'acme/north', 'ours')
    expect(raised(state)).toEqual([])
    expect(receives(state, 'acme/north/contoso')).toEqual(['phish@2.0.0'])
    expect(find(state, 'acme/north/contoso')).toEqual({ hours: 72 })
  })

  test('decided for the other side meets an overlay below that had built on it', () => {
    const both = { ...files, ...hours('acme/north/contoso', 96) }
    const state = after(both, 'acme/north', 'theirs')
    expect(raised(state)).toEqual([`acme/north/contoso ${hoursAt}: acme/north/contoso`])
    expect(find(state, 'acme/north/marlow')).toEqual({ hours: 48 })
  })
})

describe('a sub-MSP', () => {
  const below = share('all', 'phish', 'to: { subtree: acme/north, exclude: [] }')
  const notItself = Object.fromEntries(
    ['contoso', 'marlow'].flatMap((name) =>
      Object.entries(share(name, 'phish', `to: { subtree: acme/north/${name} }`)),
    ),
  )

  test('that does not receive the workflow decides for those below all the same', () => {
    const { 'policies/shares/all.yaml': _, ...rest } = { ...fleet, ...below }
    const files = { ...rest, ...notItself, ...hours('acme/north', 72) }
    expect(raised(resolveFiles(files))).toEqual([`acme/north ${hoursAt}: acme/north/contoso acme/north/marlow`])
    const state = after(files, 'acme/north', 'ours')
    expect(raised(state)).toEqual([])
    expect(receives(state, 'acme/north/marlow')).toEqual(['phish@2.0.0'])
  })

  test('that follows an older channel than those below decides what holds them', () => {
    const files = {
      ...fleet,
      ...channels('phish', '{ stable: 1.0.0, canary: 2.0.0 }'),
      ...share('canary', '[{ name: phish, channel: canary }]', 'to: { subtree: acme/north/contoso }', 'acme/north'),
      ...hours('acme/north', 72),
    }
    expect(raised(resolveFiles(files))).toEqual([`acme/north ${hoursAt}: acme/north/contoso`])
    const state = after(files, 'acme/north', 'ours')
    expect(receives(state, 'acme/north/contoso')).toEqual(['phish@2.0.0'])
  })
})

describe('--everywhere', () => {
  const two = { ...fleet, ...hours('acme/north/contoso', 72), ...hours('acme/south', 72) }

  test('decides the same triple at every level in one go', () => {
    const files = moved(two, 'acme/south', 'ours', { everywhere: true })
    expect(changedFiles(two, files)).toEqual([
      'tenants/acme/north/contoso/overlays/phish.yaml',
      'tenants/acme/south/overlays/phish.yaml',
    ])
    expect(raised(resolveFiles(files as Files))).toEqual([])
  })

  test('leaves alone who has another value, or another conflict besides', () => {
    const patch = 'steps: [{ id: find, set: { hours: 72 } }, { id: tell, set: { text: da } }]'
    const files = {
      ...two,
      ...hours('acme/north/marlow', 60),
      ...overlay('acme/north/contoso', 'phish', '1.0.0', patch),
      ...release('phish', '2.0.0', steps(48, 'there')),
    }
    expect(changedFiles(files, moved(files, 'acme/south', 'ours', { everywhere: true }))).toEqual([
      'tenants/acme/south/overlays/phish.yaml',
    ])
  })

  test('takes nobody past what its share follows', () => {
    const canary = share('canary', '[{ name: phish, channel: canary }]', 'to: {}', 'acme/south')
    const files = { ...two, ...channels('phish', '{ stable: 1.0.0, canary: 2.0.0 }'), ...canary }
    expect(changedFiles(files, moved(files, 'acme/south', 'ours', { everywhere: true }))).toEqual([
      'tenants/acme/south/overlays/phish.yaml',
    ])
  })

  test('moves nobody who is pinned', () => {
    const files = { ...two, ...tenant('acme/north/contoso', 'updates: pinned') }
    expect(changedFiles(files, moved(files, 'acme/south', 'ours', { everywhere: true }))).toEqual([
      'tenants/acme/south/overlays/phish.yaml',
    ])
  })
})

describe('a lock that comes with the release', () => {
  const lock = `locks: [{ path: "/spec/steps/[id=find]", mode: value, message: legal }]`
  const files = { ...fleet, ...release('phish', '2.0.0', steps(24, 'found', lock)), ...hours('acme/north', 72) }

  test('is a conflict that only the locker’s side decides, and is never dropped unasked', () => {
    const state = resolveFiles(files)
    expect(heldConflicts(state)).toMatchObject([
      { type: 'locked', lockedBy: 'the template phish', resolutions: ['theirs'] },
    ])
    expect(find(state, 'acme/north')).toEqual({ hours: 72 })
    expect(moved(files, 'acme/north', 'ours')).toBe(`open: acme/north ${hoursAt}`)
  })

  test('decided, takes the edit out of the file', () => {
    const written = moved(files, 'acme/north', 'theirs') as Files
    expect(written['tenants/acme/north/overlays/phish.yaml']).toContain('patch: {}')
    expect(find(resolveFiles(written), 'acme/north')).toEqual({ hours: 24 })
  })
})

describe('a pin', () => {
  const review = share('all', 'phish', 'updates: review\nto: {}')
  const pinned = { ...fleet, ...review, ...tenant('acme/south', 'pins: { phish: 1.0.0 } # since May') }

  test('moves in tenant.yaml, with its comment', () => {
    const files = moved(pinned, 'acme/south', undefined) as Files
    expect(changedFiles(pinned, files)).toEqual(['tenants/acme/south/tenant.yaml'])
    expect(files['tenants/acme/south/tenant.yaml']).toContain('pins: { phish: 2.0.0 } # since May')
  })

  test('waits where a level above has to decide first', () => {
    const files = {
      ...pinned,
      ...share('all', 'phish'),
      ...hours('acme/north', 72),
      ...tenant('acme/north/contoso', 'updates: review\npins: { phish: 1.0.0 }'),
    }
    expect(moved(files, 'acme/north/contoso', 'ours')).toBe(
      'held-back: acme/north has to decide first: its own changes conflict',
    )
  })

  test('is not needed by who follows the channel unchanged', () => {
    expect(moved(fleet, 'acme/south', undefined)).toBe('refused: acme/south runs phish 2.0.0 already')
  })
})

test('an upgrade that is done already says so and writes nothing', () => {
  const files = moved({ ...fleet, ...hours('acme/north', 72) }, 'acme/north', 'ours') as Files
  expect(frozenOf(resolveFiles(files))).toEqual({})
  expect(moved(files, 'acme/north', 'ours')).toBe('refused: the overlay of acme/north stands on phish 2.0.0 already')
})

test('a tenant that another file freezes says which one, and nothing is upgraded', () => {
  const files = { ...fleet, ...hours('acme/south', 72), ...broken('tenants/acme/south/connections/edr.yaml') }
  expect(moved(files, 'acme/south', 'ours')).toMatch(/^yaml-syntax: .*not closed/)
})
