import { describe, expect, test } from 'vitest'
import { upgrade } from '../../../controller/core/authoring/index.ts'
import { impactOf, unresolvedAnnotation } from '../../../controller/core/desired/index.ts'
import type { Resolution } from '../../../controller/core/merge/index.ts'
import { channels, type Files, release, resolveFiles, share, tenant, tenantsDownTo } from '../../fakes/fleet-files.ts'
import { frozenOf, workflowOf } from '../../fakes/fleet-answers.ts'

/** An upgrade may be proposed while conflicts are open. Merged like that it does no harm, and it can still be decided. */
const steps = (hours: number, text: string): string =>
  `steps: [{ id: find, set: { hours: ${hours}, mail: soc } }, { id: tell, set: { text: ${text} } }]`
const file = 'tenants/acme/north/overlays/phish.yaml'
const cloneFile = 'tenants/acme/north/workflows/phish/workflow.yaml'
const hoursAt = '/spec/steps/[id=find]/set/hours'
const textAt = '/spec/steps/[id=tell]/set/text'
const fleet: Files = {
  ...tenantsDownTo('acme/north/contoso'),
  ...tenant('acme/south'),
  ...release('phish', '1.0.0', steps(24, 'found')),
  ...release('phish', '2.0.0', steps(48, 'there')),
  ...channels('phish', '{ stable: 2.0.0 }'),
  ...share('all', 'phish'),
}
const withOverlay: Files = {
  ...fleet,
  [file]: `apiVersion: headwater.dev/v1
kind: Overlay
metadata: { name: phish }
spec:
  workflow: phish
  base: 1.0.0
  patch:
    steps:
      - id: find
        set: { hours: 72 } # three days
      - id: tell
        set: { text: da }
`,
}
const withClone: Files = {
  ...fleet,
  [cloneFile]: `apiVersion: headwater.dev/v1
kind: Workflow
metadata:
  name: phish
  annotations: { headwater.dev/base: phish@1.0.0 }
spec:
  version: 1.0.0
  title: phish
  steps:
    - id: find # ours
      set: { hours: 72, mail: soc } # three days
    - id: tell
      set: { text: da }
`,
}

function act(files: Files, decisions: Readonly<Record<string, Resolution>>, mayStayOpen = true): Files {
  const wanted = { tenant: 'acme/north', workflow: 'phish', everywhere: false, mayStayOpen }
  const decide = ({ path }: { path: string }) => decisions[path]
  const answer = upgrade(resolveFiles(files), (path) => files[path] as string, { ...wanted, decide })
  if (answer.kind === 'edits') return { ...files, ...(Object.fromEntries(answer.edits) as Files) }
  throw new Error(answer.kind === 'refused' ? answer.problem.message : answer.conflicts.map(({ path }) => path).join())
}
const firstSteps = (files: Files) => workflowOf(resolveFiles(files), 'acme/north', 'phish').spec.steps

describe.each([
  ['overlay', withOverlay, file],
  ['clone', withClone, cloneFile],
])('an upgrade of an %s with open conflicts', (_, before, at) => {
  const open = act(before, {})

  test('keeps the values of the tenant and names what is open', () => {
    expect(open[at]).toContain(`${unresolvedAnnotation}: '${hoursAt} ${textAt}'`)
    expect(open[at]).toContain('# three days')
  })

  test('freezes the tenant and those below it where it is merged, and nobody else', () => {
    expect(frozenOf(resolveFiles(open))).toEqual({ 'acme/north': 'conflict', 'acme/north/contoso': 'frozen-by' })
  })

  test('is refused by plan', () => {
    const { refusals } = impactOf(resolveFiles(before), resolveFiles(open))
    expect(refusals).toMatchObject([{ code: 'conflict', tenant: 'acme/north', place: { file: at } }])
  })

  test('is asked again by an upgrade that decides nothing', () => {
    expect(() => act(open, {}, false)).toThrow(`${hoursAt},${textAt}`)
  })

  test('decided in part stays open for the rest', () => {
    const part = act(open, { [hoursAt]: 'theirs' })
    expect(part[at]).toContain(`${unresolvedAnnotation}: '${textAt}'`)
    expect(part[at]).not.toContain('72')
  })

  test('decided is as if it had been decided at once, and the annotation is gone', () => {
    const late = act(open, { [hoursAt]: 'theirs', [textAt]: 'ours' }, false)
    const atOnce = act(before, { [hoursAt]: 'theirs', [textAt]: 'ours' }, false)
    expect(late[at]).not.toContain(unresolvedAnnotation)
    expect(frozenOf(resolveFiles(late))).toEqual({})
    expect(firstSteps(late)).toEqual(firstSteps(atOnce))
    expect(firstSteps(late)).toEqual([
      { id: 'find', set: { hours: 48, mail: 'soc' } },
      { id: 'tell', set: { text: 'da' } },
    ])
  })

  test('may be decided by a value, comments kept', () => {
    const late = act(open, { [hoursAt]: { value: 60 }, [textAt]: 'theirs' }, false)
    expect(firstSteps(late)[0]?.set).toEqual({ hours: 60, mail: 'soc' })
    expect(late[at]).toContain('# three days')
  })

  test('decided by hand: the annotation is taken out of the file', () => {
    const edited = (open[at] as string).replace(/headwater\.dev\/unresolved: '[^']*'/, '')
    const state = resolveFiles({ ...open, [at]: edited })
    expect(frozenOf(state)).toEqual({})
  })
})

test('a clone keeps its comments and takes those of what the template changed', () => {
  const commented = (path: string, text: string): Files => ({
    [path]: (fleet[path] as string).replace(/steps: .*/, text),
  })
  const files = {
    ...withClone,
    ...commented(
      'workflows/phish/releases/1.0.0.yaml',
      'steps:\n    - id: find\n      set: { hours: 24, mail: soc }\n    - id: tell\n      set: { text: found }',
    ),
    ...commented(
      'workflows/phish/releases/2.0.0.yaml',
      'steps:\n    - id: find\n      set: { hours: 24, mail: desk }\n    - id: tell\n      set: { text: found }\n    # Closes what was opened.\n    - id: close\n      set: { done: true } # at last',
    ),
  }
  const after = act(files, {}, false)[cloneFile] as string
  expect(after).toContain('headwater.dev/base: phish@2.0.0')
  expect(after).toContain('    - id: find # ours\n      set: { hours: 72, mail: desk } # three days\n')
  expect(after).toContain('    # Closes what was opened.\n    - id: close\n      set: { done: true } # at last')
})
