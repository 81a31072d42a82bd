import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { caps } from '../../../controller/core/model/caps.ts'
import { addEntry, type CaseChange, type CaseEntry, caseIdOf, foldCase } from '../../../controller/core/run/cases.ts'
import type { CaseChanged } from '../../../controller/core/run/events.ts'
import { checkWorkflow } from '../../../controller/core/run/check-workflow.ts'
import { endOf, play } from './play.ts'
import { tenant, workflowOf } from './scenario.ts'

const changesOf = (text: string, inputs = {}) =>
  play(text, { inputs }).events.filter((event): event is CaseChanged => event.type === 'CaseChanged')

describe('a step that writes into a case', () => {
  it('opens one of its own, and later steps know it by its output', () => {
    const text = `
steps:
  - { id: record, case: { open: { title: 'Host \${{ inputs.host }}', severity: high, description: Isolated } } }
  - { id: more, case: { comment: { case: '\${{ steps.record.outputs.case }}', text: 'still \${{ 1 + 1 }}' } } }
  - { id: done, case: { close: { case: '\${{ steps.record.outputs.case }}', resolution: clean } } }
outputs: { case: '\${{ steps.done.outputs.case }}' }
`
    const { state } = play(text, { inputs: { host: 'h1' } })
    const id = caseIdOf(tenant.uid, 'r1/record')
    expect([state.phase, state.outputs]).toEqual(['succeeded', { case: id }])
    expect(changesOf(text, { host: 'h1' }).map(({ step, case: written, change }) => [step, written, change])).toEqual([
      ['record', id, { kind: 'open', title: 'Host h1', severity: 'high', description: 'Isolated' }],
      ['more', id, { kind: 'comment', text: 'still 2' }],
      ['done', id, { kind: 'close', resolution: 'clean' }],
    ])
  })

  it('finds it again by its key, whatever run opened it, and never that of another tenant', () => {
    const text = (kind: string) => `steps: [{ id: a, case: { ${kind} } }]`
    const ids = [
      'open: { title: x, key: alert-7 }',
      'comment: { key: alert-7, text: y }',
      'close: { key: alert-7 }',
    ].map((kind) => changesOf(text(kind))[0]?.case)
    expect(ids).toEqual(ids.map(() => caseIdOf(tenant.uid, 'key:alert-7')))
    expect(caseIdOf('other', 'key:alert-7')).not.toBe(ids[0])
    // A key cannot be made to look like the case of a run's step.
    expect(changesOf(text('open: { title: x, key: r1/a }'))[0]?.case).not.toBe(caseIdOf(tenant.uid, 'r1/a'))
  })

  it('opens one in each item of a loop', () => {
    const text = `steps: [{ id: all, forEach: { in: '\${{ [1, 2] }}', steps: [{ id: a, case: { open: { title: x } } }] } }]`
    expect(new Set(changesOf(text).map(({ case: id }) => id)).size).toBe(2)
  })

  const refused: [name: string, kind: string, end: string][] = [
    [
      'a severity that is none',
      `open: { title: x, severity: '\${{ "urgent" }}' }`,
      'case.open.severity: this is none of info, low, medium, high, critical',
    ],
    ['no title', `open: { title: '\${{ "" }}' }`, 'case.open.title: it is empty'],
    [
      'a title that is too long',
      `open: { title: ${'x'.repeat(caps.caseTitleLength + 1)} }`,
      `case.open.title: longer than ${caps.caseTitleLength} characters`,
    ],
    [
      'a text that is too long',
      `comment: { key: a, text: ${'x'.repeat(caps.caseTextLength + 1)} }`,
      `case.comment.text: longer than ${caps.caseTextLength} characters`,
    ],
    [
      'an id that is none',
      `comment: { case: '\${{ "x" }}', text: y }`,
      'case.comment.case: this is not the id of a case',
    ],
    ['a key that is empty', `close: { key: '\${{ "" }}' }`, 'case.close: neither `case` nor `key` says which one'],
  ]
  it.each(refused)('%s fails the step', (_name, kind, end) => {
    const text = `steps: [{ id: a, case: { ${kind} } }]`
    expect(endOf(play(text))).toBe(`failed bad-input at a: ${end}`)
    expect(changesOf(text)).toEqual([])
  })

  it('is checked before anything runs', () => {
    const problemsOf = (kind: string) =>
      checkWorkflow(
        workflowOf(`steps: [{ id: a, case: { ${kind} } }, { id: b, set: { x: '\${{ steps.a.outputs.case }}' } }]`),
      ).map(({ code, path, message }) => `${code} ${path} ${message}`)
    expect(problemsOf('open: { title: x }')).toEqual([])
    expect(problemsOf('open: { title: x }, close: { key: a }')).toEqual([
      'step-kind /spec/steps/[id=a]/case Step a writes into a case: say open, comment or close, one of them.',
    ])
    expect(problemsOf('comment: { text: x }')).toEqual([
      'step-kind /spec/steps/[id=a]/case/comment Step a needs either `case` or `key`.',
    ])
    expect(problemsOf('open: { title: x, severity: urgent }')).toEqual([
      'wrong-value /spec/steps/[id=a]/case/open/severity There is no severity urgent: info, low, medium, high, critical.',
    ])
    expect(problemsOf(`open: { title: '\${{ inputs.x }}' }`)).toEqual([
      'unknown-input /spec/steps/[id=a]/case/open/title There is no input x.',
    ])
    const wrong = `steps: [{ id: a, case: { open: { title: x } } }, { id: b, set: { x: '\${{ steps.a.outputs.id }}' } }]`
    expect(checkWorkflow(workflowOf(wrong)).map(({ message }) => message)).toEqual(['steps.a.outputs has no field id.'])
  })
})

describe('a case', () => {
  const entry = (at: number, change: CaseChange, run = 'r', place = 0): CaseEntry => ({
    at,
    run,
    place,
    step: `s${place}`,
    change,
  })
  const open = (title: string): CaseChange => ({ kind: 'open', title, severity: 'low' })

  it('is what its entries come to', () => {
    expect(foldCase('c', [entry(1, open('one')), entry(2, { kind: 'comment', text: 'x' })])).toEqual({
      id: 'c',
      state: 'open',
      title: 'one',
      severity: 'low',
      openedAt: 1,
      changedAt: 2,
      closedAt: null,
    })
    const closed = [entry(1, open('one')), entry(5, { kind: 'close' })]
    expect(foldCase('c', closed)).toMatchObject({ state: 'closed', closedAt: 5 })
    expect(foldCase('c', [...closed, entry(7, open('again'))])).toMatchObject({
      state: 'open',
      closedAt: null,
      title: 'again',
      openedAt: 1,
    })
  })

  it('is the same in whatever order they come, and one by one as all at once', () => {
    const change = fc.oneof(
      fc.string().map((title) => open(title)),
      fc.constant<CaseChange>({ kind: 'close' }),
      fc.string().map((text): CaseChange => ({ kind: 'comment', text })),
    )
    const entries = fc.uniqueArray(
      fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 20 }), change),
      {
        selector: ([, run, place]) => `${run} ${place}`,
        minLength: 1,
      },
    )
    fc.assert(
      fc.property(entries, fc.infiniteStream(fc.nat()), (made, chance) => {
        const list = made.map(([at, run, place, each]) => entry(at, each, `r${run}`, place))
        const whole = foldCase('c', list)
        const shuffled = list.map((each) => ({ each, by: chance.next().value as number })).sort((a, b) => a.by - b.by)
        expect(
          foldCase(
            'c',
            shuffled.map(({ each }) => each),
          ),
        ).toEqual(whole)
        const [first, ...rest] = list.toSorted((a, b) => a.at - b.at || a.run.localeCompare(b.run) || a.place - b.place)
        if (first) expect(rest.reduce(addEntry, foldCase('c', [first]))).toEqual(whole)
      }),
    )
  })
})
