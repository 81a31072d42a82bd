import { expect, test } from 'vitest'
import { createResolver, resolve } from '../../../controller/core/desired/index.ts'
import { checkWorkflowSpec } from '../../../controller/reconcile/check-workflow-spec.ts'
import { digestsOf, problemsOf } from '../../fakes/fleet-answers.ts'
import {
  channels,
  type Files,
  oneStep,
  overlay,
  parsed,
  release,
  share,
  tenantsDownTo,
} from '../../fakes/fleet-files.ts'

const fleet: Files = Object.assign(
  {},
  tenantsDownTo('acme/north/contoso'),
  tenantsDownTo('acme/south'),
  ...['triage', 'closing'].map((name) => ({
    ...release(name, '1.0.0', oneStep),
    ...release(name, '2.0.0', oneStep),
    ...channels(name, '{ stable: 1.0.0, canary: 2.0.0 }'),
  })),
  share('triage', 'triage'),
  share('closing', 'closing', 'to: { subtree: acme/north }'),
  overlay('acme/north/contoso', 'triage', '1.0.0', 'minutesSaved: 7'),
)

const everybody = ['acme', 'acme/north', 'acme/north/contoso', 'acme/south']

const cases: readonly (readonly [what: string, change: Files, reached: readonly string[], codes: readonly string[]])[] =
  [
    ['a channel that everybody follows', channels('triage', '{ stable: 2.0.0, canary: 2.0.0 }'), everybody, []],
    [
      'a channel that some follow',
      channels('closing', '{ stable: 2.0.0, canary: 2.0.0 }'),
      ['acme/north', 'acme/north/contoso'],
      [],
    ],
    ['a channel that nobody follows', channels('triage', '{ stable: 1.0.0, canary: 1.0.0 }'), [], []],
    [
      'a channel that is gone',
      channels('closing', '{ canary: 2.0.0 }'),
      ['acme/north', 'acme/north/contoso'],
      ['unknown-channel'],
    ],
    [
      'a channel and an overlay at once',
      {
        ...channels('closing', '{ stable: 2.0.0, canary: 2.0.0 }'),
        ...overlay('acme/south', 'triage', '1.0.0', 'minutesSaved: 9'),
      },
      ['acme/north', 'acme/north/contoso', 'acme/south'],
      [],
    ],
  ]

test.each(cases)(
  '%s: only who follows it is resolved, and the state is that of a cold start',
  (_, change, reached, codes) => {
    const resolver = createResolver(checkWorkflowSpec)
    resolver.resolve(parsed(fleet))
    const updated = resolver.update(new Map(parsed(change).map((file) => [file.path, file])))
    const cold = resolve(parsed({ ...fleet, ...change }), checkWorkflowSpec)
    expect([...(updated?.changed ?? [])].sort()).toEqual(reached)
    expect(updated && digestsOf(updated.state)).toEqual(digestsOf(cold))
    expect(updated && problemsOf(updated.state).sort()).toEqual(problemsOf(cold).sort())
    expect([...new Set(cold.problems.filter(({ severity }) => severity === 'error').map(({ code }) => code))]).toEqual(
      codes,
    )
  },
)
