import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Action, Workflow } from '../../controller/core/model/generated/kinds.ts'
import { toValue } from '../../controller/core/model/values.ts'
import { stepsApart } from '../../controller/core/run/steps-apart.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'

type Step = Workflow['spec']['steps'][number]

/** Sound by themselves, sound only behind another one of some kind, and not sound at all. */
const steps = [
  { id: 'a', action: 'isolate_endpoint', with: { host: '${{ inputs.host }}' } },
  { id: 'a', set: { other: 1 } },
  { id: 'b', if: '${{ steps.a.outputs.other == 1 }}', set: { x: '${{ steps.a.outcome }}' } },
  { id: 'c', if: '${{ inputs.nobody }}', then: [{ id: 'd', set: { x: '${{ steps.b.outputs.x }}' } }] },
  { id: 'd', set: { y: '${{ steps.d.outputs.x }}' } },
  { id: 'e', set: { broken: '${{ (' } },
  { id: 'f', action: 'x', retry: { attempts: 'many' } },
  { id: 'g' },
  { id: 'a', set: { another: 1 } },
  { id: 'a', forEach: { in: '${{ [1] }}', steps: [{ id: 'h', set: { x: 1 } }] } },
  { id: 'b', set: { x: '${{ steps.a.outputs.results }}' } },
  { name: 'without an id' },
].map((step) => toValue(step) as unknown as Step)

const lists = fc.array(fc.constantFrom(...steps), { maxLength: 6 })

test('a step that stood in other workflows before is judged as one that was never seen', () => {
  fc.assert(
    fc.property(lists, fc.boolean(), (list, hasInput) => {
      const head = { version: '1.0.0', title: 'Any' }
      const inputs = hasInput ? { inputs: { properties: { host: { type: 'string' } } } } : {}
      const spec = { ...head, ...inputs, steps: list } as Workflow['spec']
      const unseen = toValue(spec) as unknown as Workflow['spec']
      expect(checkWorkflowSpec(spec)).toEqual(checkWorkflowSpec(unseen))
    }),
    { numRuns: 500 },
  )
})

const declared = toValue({
  isolate_endpoint: {
    title: 'Isolate',
    effect: 'contain',
    input: { required: ['host'], properties: { host: { type: 'string' } } },
    output: { properties: { ticket: { type: 'integer' } } },
  },
}) as unknown as Readonly<Record<string, Action['spec']>>
const fleet = { actionOf: (name: string) => declared[name], calleeOf: () => undefined }
/** The same after a commit that takes its actions away. */
const later = { ...fleet, actionOf: () => undefined }

/** Mostly sound, and told apart by their names, their outputs or the types of these. */
const related = [
  { id: 'a', action: 'isolate_endpoint', with: { host: '${{ inputs.host }}' } },
  { id: 'a', action: 'isolate_endpoint', with: { host: 'pc-1' } },
  { id: 'a', action: 'isolate_endpoint', with: { hots: 'pc-1' } },
  { id: 'a', action: 'isolate_endpoint', with: { host: 'pc-1' }, if: '${{ inputs.host + 1 == 2 }}' },
  { id: 'a', action: 'unheard_of', with: { host: 'pc-1' } },
  { id: 'a', set: { ticket: 1 } },
  { id: 'a', set: { ticket: 'one' } },
  { id: 'b', set: { x: 1 } },
  { id: 'b', set: { x: '${{ steps.a.outcome }}' } },
  { id: 'b', set: { x: '${{ steps.a.outputs.ticket + 1 }}' } },
  { id: 'b', set: { x: '${{ steps.a.outputs.tickets }}' } },
  { id: 'c', set: { y: '${{ steps.b.outputs.x }}' } },
  { id: 'c', set: { y: '${{ steps.b.outputs.x + 1 }}' } },
  { id: 'n', set: { z: 1 } },
  { id: 'n', then: [{ id: 'a', set: {} }], if: '${{ true }}' },
  { id: 'n', forEach: { in: '${{ [1] }}', steps: [{ id: 'm', set: { z: '${{ each.item + steps.b.outputs.x }}' } }] } },
  { id: 'n', set: { z: 1 }, onErrorSteps: [{ id: 'm', set: { z: '${{ steps.n.error.code + steps.b.outputs.x }}' } }] },
  { id: 'n', then: [{ id: 'm', set: { z: '${{ steps.a.outcome }}' } }], if: '${{ true }}' },
].map((step) => toValue(step) as unknown as Step)

const change = fc.record({
  kind: fc.constantFrom('put in', 'instead', 'instead', 'gone', 'moved'),
  at: fc.nat(5),
  step: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...related) }, fc.constantFrom(...steps)),
})

const fields = fc.constantFrom(
  ...[
    { inputs: { properties: { host: { type: 'string' } } } },
    { inputs: { properties: { host: { type: 'string' } } }, outputs: { x: '${{ steps.b.outputs.x }}' } },
    { inputs: { properties: { host: { type: 'integer' } } } },
    { onCancelSteps: [{ id: 'o', set: { x: '${{ steps.a.outputs.ticket }}' } }] },
    {},
  ].map((fields) => toValue({ version: '1.0.0', title: 'Any', ...fields }) as object),
)

/** A step may read those before it. */
const inOrder = (list: readonly Step[]): Step[] => list.toSorted((a, b) => (a.id < b.id ? -1 : 1))

function changed(list: readonly Step[], { kind, at, step }: { kind: string; at: number; step: Step }): Step[] {
  if (kind === 'put in') return list.toSpliced(at, 0, step)
  if (kind === 'instead') return list.map((before) => (before.id === step.id ? step : before))
  const rest = list.filter((_, place) => place !== at)
  return kind === 'gone' || rest.length === list.length ? rest : [...rest, list[at] as Step]
}

test('a workflow that has most of its steps from another one is judged as one that was never seen', () => {
  let derived = 0
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom(...related), { selector: ({ id }) => id, minLength: 1 }).map(inOrder),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      fields,
      fields,
      (list, changes, before, after) => {
        let from = { ...before, steps: list } as Workflow['spec']
        // Each is derived from the one before it.
        for (const edit of changes) {
          const spec = { ...after, steps: changed(from.steps, edit) } as Workflow['spec']
          const unseen = toValue(spec) as unknown as Workflow['spec']
          const whole = checkWorkflowSpec(unseen)
          expect(checkWorkflowSpec(spec, undefined, from)).toEqual(whole)
          for (const around of [fleet, later])
            expect(checkWorkflowSpec(spec, around)).toEqual(checkWorkflowSpec(unseen, around))
          if (whole.length === 0 && stepsApart(spec, from)) derived++
          from = spec
        }
      },
    ),
    { numRuns: 5_000 },
  )
  expect(derived).toBeGreaterThan(100)
})

test.each([
  [
    'a step in the place of another one reads a later one',
    ['b: 1', 'c: steps.b.outputs.x'],
    ['b: steps.c.outputs.x', 'c: steps.b.outputs.x'],
    ['unknown-step'],
  ],
  ['a step that was put in reads a later one', ['b: 1'], ['n: steps.b.outputs.x', 'b: 1'], ['unknown-step']],
  [
    'an action gives less than one that nobody declared',
    ['a: unheard_of', 'b: steps.a.outputs.tickets'],
    ['a: isolate_endpoint', 'b: steps.a.outputs.tickets'],
    ['bad-expression'],
  ],
  [
    'a step gives another type',
    ['b: 1', 'c: steps.b.outputs.x + 1'],
    ['b: one', 'c: steps.b.outputs.x + 1'],
    ['wrong-type'],
  ],
  [
    'a step that was put in is sound',
    ['b: 1', 'c: steps.b.outputs.x'],
    ['b: 1', 'n: steps.b.outputs.x', 'c: steps.b.outputs.x'],
    [],
  ],
])('%s', (_, before, after, codes) => {
  const stepOf = (text: string): Step => {
    const [id, what = ''] = text.split(': ')
    if (id === 'a') return toValue({ id, action: what, with: { host: 'pc-1' } }) as unknown as Step
    return toValue({ id, set: { x: what === '1' ? 1 : what === 'one' ? what : `\${{ ${what} }}` } }) as unknown as Step
  }
  const made = new Map<string, Step>([...before, ...after].map((text) => [text, stepOf(text)]))
  const specOf = (list: readonly string[]) =>
    ({ version: '1.0.0', title: 'Any', steps: list.map((text) => made.get(text)) }) as Workflow['spec']
  const [from, spec] = [specOf(before), specOf(after)]
  expect(checkWorkflowSpec(from, fleet)).toEqual([])
  checkWorkflowSpec(spec, undefined, from)
  expect(checkWorkflowSpec(spec, fleet).map(({ code }) => code)).toEqual(codes)
})

test('what is left out is not what is wrong: the same step twice, and no step at all', () => {
  const [, known] = steps as [Step, Step]
  const specOf = (list: Step[]): Workflow['spec'] => ({ version: '1.0.0', title: 'Any', steps: list })
  const codes = (list: Step[]): string[] => checkWorkflowSpec(specOf(list)).map(({ code }) => code)
  expect(codes([known])).toEqual([])
  expect(codes([known, known])).toEqual(['duplicate-item'])
  expect(codes([])).toEqual(['wrong-value'])
})
