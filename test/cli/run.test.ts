import { expect, test } from 'vitest'
import { tenant } from '../fakes/fleet-files.ts'
import { fleetAt, run } from '../reconcile/command-line.ts'

const cases: readonly (readonly [what: string, args: readonly string[], code: number, said: string])[] = [
  ['a file that is not there', ['--input', 'nowhere.yaml'], 3, 'nowhere.yaml cannot be read'],
  ['inputs in place of a file', ['--input', 'host=ws-1'], 3, 'name a file that is there'],
  ['a file that is no YAML', ['--input', 'broken.yaml'], 2, 'yaml-syntax'],
]

test.each(cases)('%s is said before anything is asked of a controller', async (_, args, code, said) => {
  const fleet = fleetAt({ ...tenant('acme'), 'broken.yaml': 'host: [' })
  for (const whom of ['--tenant', '--to']) {
    const answer = await run(fleet, ['run', 'tidy', whom, 'acme', ...args])
    expect([answer.code, answer.out + answer.err]).toEqual([code, expect.stringContaining(said)])
  }
})

test.each(['show', 'approve', 'cancel', 'resolve'])(
  'run %s has options of its own, although run has the same',
  async (word) => {
    const needed = { approve: ['--step', 'a'], resolve: ['--step', 'a', '--connection', 'b', '--as', 'failed'] }
    const args = ['run', word, 'abc', ...((needed as Record<string, string[]>)[word] ?? []), '--state', 'elsewhere']
    const { code, err } = await run(fleetAt(tenant('acme')), args)
    expect([code, err]).toEqual([3, expect.stringContaining('elsewhere/url')])
  },
)
