import fc from 'fast-check'
import { expect, test } from 'vitest'
import { upgradeFile } from '../../../controller/core/authoring/upgrade-file.ts'
import { type RaisedConflict, upgradeSubject, upgradeTenant } from '../../../controller/core/desired/index.ts'
import { type Resolution, resolveConflicts } from '../../../controller/core/merge/index.ts'
import { stepReferences } from '../../../controller/core/desired/step-references.ts'
import { isLayer } from '../../../controller/core/desired/chain.ts'
import { schemaOf } from '../../../controller/core/model/schemas.ts'
import { channels, type Files, overlay, release, resolveFiles, share, tenantsDownTo } from '../../fakes/fleet-files.ts'
import { workflowOf } from '../../fakes/fleet-answers.ts'

/**
 * A template of a few steps, a release that edits it at random and an overlay that does so too. Whatever is decided, the
 * file that an upgrade writes makes exactly the document that was merged and decided.
 */
const runs = process.env['HEADWATER_LANE'] === 'soak' ? 5_000 : 300
const ids = ['find', 'ask', 'tell', 'close']
const file = 'tenants/acme/overlays/phish.yaml'

/** One edit of a step: its fields are few, so both sides often meet. */
const edit = fc.record({
  id: fc.constantFrom(...ids),
  kind: fc.constantFrom('set', 'set', 'set', 'drop', 'field', 'move', 'add', 'script'),
  field: fc.constantFrom('a', 'b', 'c'),
  value: fc.integer({ min: 1, max: 3 }),
})
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never
type Step = { id: string; set: Record<string, number>; name?: string }

const template = (): Step[] => ids.map((id) => ({ id, set: { a: 0, b: 0 } }))

function released(edits: readonly Edit[]): Step[] {
  const steps = template()
  for (const { id, kind, field, value } of edits) {
    const at = steps.findIndex((step) => step.id === id)
    const step = steps[at]
    if (kind === 'add') {
      if (!steps.some((other) => other.id === `new_${value}`))
        steps.splice(value, 0, { id: `new_${value}`, set: { a: value } })
    } else if (!step) continue
    else if (kind === 'set') step.set[field] = value
    else if (kind === 'field') delete step.set[field]
    else if (kind === 'script') step.name = `name ${value}`
    else if (kind === 'drop' && steps.length > 2) steps.splice(at, 1)
    else if (kind === 'move') steps.splice(value, 0, ...steps.splice(at, 1))
  }
  return steps
}

/** The same edits as lines of a patch; a step that several edits concern is written once. */
function patched(edits: readonly Edit[]): string {
  const items = new Map<string, { set: Record<string, number | null>; rest: string[] }>()
  const itemOf = (id: string) => {
    const known = items.get(id) ?? { set: {}, rest: [] as string[] }
    items.set(id, known)
    return known
  }
  for (const { id, kind, field, value } of edits) {
    if (items.get(id)?.rest.includes('$delete: true')) continue
    if (kind === 'set') itemOf(id).set[field] = value
    else if (kind === 'field') itemOf(id).set[field] = null
    else if (kind === 'script') itemOf(id).rest = [`name: name ${value}`]
    else if (kind === 'move') itemOf(id).rest = [`$move: { position: ${value > 1 ? 'first' : 'last'} }`]
    else if (kind === 'drop' && ![...items.values()].some(({ rest }) => rest.includes('$delete: true')))
      items.set(id, { set: {}, rest: ['$delete: true'] })
    else if (kind === 'add' && !items.has(`new_${value}`)) {
      itemOf(`new_${value}`).set = { a: value + 1 }
      itemOf(`new_${value}`).rest = [`$after: ${id}`]
    }
  }
  const lines = [...items].map(([id, { set, rest }]) => {
    const fields = Object.keys(set).length === 0 ? [] : [`set: ${JSON.stringify(set)}`]
    return `  - { ${[`id: ${id}`, ...rest, ...fields].join(', ')} } # about ${id}`
  })
  return lines.length === 0 ? 'minutesSaved: 5' : `steps:\n${lines.join('\n')}`
}

const stepsText = (steps: readonly Step[]): string => `steps: ${JSON.stringify(steps)}`
const fleetOf = (ours: readonly Edit[], theirs: readonly Edit[]): Files => ({
  ...tenantsDownTo('acme'),
  ...release('phish', '1.0.0', stepsText(template())),
  ...release('phish', '2.0.0', stepsText(released(theirs))),
  ...channels('phish', '{ stable: 2.0.0 }'),
  ...share('all', 'phish'),
  ...overlay('acme', 'phish', '1.0.0', patched(ours)),
})

/** A decision for any conflict, from a die: always one that is offered. */
const decider =
  (die: number) =>
  ({ path, resolutions }: Pick<RaisedConflict, 'path' | 'resolutions'>): Resolution => {
    const offered = resolutions.filter((name) => name !== 'value' && name !== 'both')
    return (
      (offered[(die + path.length) % Math.max(1, offered.length)] as Resolution | undefined) ?? { value: 'decided' }
    )
  }

const cases = fc.tuple(fc.array(edit, { minLength: 1, maxLength: 5 }), fc.array(edit, { maxLength: 5 }), fc.nat(11))

test(`the written overlay makes what was merged and decided (${runs} upgrades)`, { timeout: 600_000 }, () => {
  let conflicts = 0
  let upgrades = 0
  fc.assert(
    fc.property(cases, ([ours, theirs, die]) => {
      const files = fleetOf(ours, theirs)
      const state = resolveFiles(files)
      const node = state.hierarchy.nodes.get('acme')
      const subject = node && upgradeSubject(state, node, 'phish')
      if (!node || !subject) return
      const decide = decider(die)
      const upgrade = upgradeTenant(state, node, subject, '2.0.0', decide)
      if (upgrade.kind !== 'clean') return
      upgrades++

      // What the merge says, without any file in between.
      if (!isLayer(subject.chain)) throw new Error('no overlay')
      const level = state.renderer.levelAt(subject.chain, '2.0.0')
      if (level.kind !== 'level') throw new Error(level.kind)
      const options = { ...level.options, references: stepReferences }
      const merged = resolveConflicts(
        { ...level.input, schema: schemaOf('Workflow') },
        (conflict) => {
          conflicts++
          return decide({ path: pathText(conflict.path), resolutions: conflict.resolutions })
        },
        options,
      )
      const written = upgradeFile(upgrade.edit, { ours: files[file] as string })
      if (written.kind !== 'written') throw new Error(`not written: ${written.reason}`)
      const after = resolveFiles({ ...files, [file]: written.text })
      const tenant = after.tenants.get('acme')
      if (tenant?.kind === 'frozen') {
        // Only where the decided document itself is no workflow any more.
        expect(tenant.cause.code).toBe('invalid-result')
        return
      }
      const workflow = workflowOf(after, 'acme', 'phish')
      expect(workflow.release).toBe('2.0.0')
      expect(JSON.parse(JSON.stringify({ spec: workflow.spec }))).toEqual(JSON.parse(JSON.stringify(merged.value)))

      // Once more: nothing is left to do, and nothing is asked.
      const nodeAfter = after.hierarchy.nodes.get('acme')
      const subjectAfter = nodeAfter && upgradeSubject(after, nodeAfter, 'phish')
      expect(nodeAfter && subjectAfter && upgradeTenant(after, nodeAfter, subjectAfter, '2.0.0', decide).kind).toBe(
        'current',
      )
    }),
    { numRuns: runs, seed: 20_260_101 },
  )
  console.log(`${upgrades} of ${runs} upgrades compared, ${conflicts} conflicts decided on the way`)
})

test('a release without a difference changes the base and nothing else in the file', () => {
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 5 }), (ours) => {
      const files = fleetOf(ours, [])
      const state = resolveFiles(files)
      const node = state.hierarchy.nodes.get('acme')
      const subject = node && upgradeSubject(state, node, 'phish')
      if (!node || !subject) return
      const upgrade = upgradeTenant(state, node, subject, '2.0.0', () => undefined)
      if (upgrade.kind !== 'clean') throw new Error(upgrade.kind)
      const written = upgradeFile(upgrade.edit, { ours: files[file] as string })
      expect(written).toMatchObject({ kind: 'written', text: files[file]?.replace('base: 1.0.0', 'base: 2.0.0') })
    }),
    { numRuns: Math.ceil(runs / 3), seed: 7 },
  )
})

function pathText(path: readonly unknown[]): string {
  return path
    .map((segment) => (typeof segment === 'string' ? `/${segment}` : `/[id=${(segment as { id: string }).id}]`))
    .join('')
}
