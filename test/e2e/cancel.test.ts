import { join } from 'node:path'
import { expect, test } from 'vitest'
import { share, tenant, workflow } from '../fakes/fleet-files.ts'
import { headwater, stateFile } from './controller-process.ts'
import { triggeredFleet } from './triggered-fleet.ts'

const files = {
  ...tenant('contoso', 'limits: { concurrentRuns: 1 }'),
  ...workflow(
    'ask-first',
    `inputs: { properties: { host: { type: string } } }
steps: [{ id: ask, approval: { message: 'Isolate \${{ inputs.host }}?' } }]
outputs: { by: '\${{ steps.ask.outputs.by }}' }`,
  ),
  ...workflow(
    'watch',
    `inputs: { properties: { host: { type: string, default: h1 } } }
steps:
  - { id: record, case: { open: { title: 'Host \${{ inputs.host }}', key: '\${{ inputs.host }}' } } }
  - { id: sure, workflow: { name: ask-first, inputs: { host: '\${{ inputs.host }}' } } }
onCancelSteps:
  - { id: closed, case: { close: { key: '\${{ inputs.host }}', resolution: 'ended as \${{ steps.sure.error.code }}' } } }`,
  ),
  ...share('all', '[{ name: watch }, { name: ask-first }]'),
}

test('a run and the one that it awaits are cancelled, undone and killed over the command line and HTTP', async () => {
  using fleet = triggeredFleet(files)
  const controller = await fleet.start()
  const env = { HEADWATER_URL: controller.url, HEADWATER_TOKEN_FILE: join(fleet.state, 'token') }
  const json = async (...args: string[]) => {
    const { code, stdout } = await headwater([...args, '-o', 'json'], env)
    return { code, body: JSON.parse(stdout) }
  }
  const api = async (path: string) => {
    const token = stateFile(fleet.state, 'token').trim()
    const answer = await fetch(`${controller.url}${path}`, { headers: { authorization: `Bearer ${token}` } })
    return (await answer.json()) as Record<string, never>
  }
  /** The id of a run of `watch`, once its child waits for a person. */
  const begin = async (): Promise<{ run: string; child: string }> => {
    const { id } = (await json('run', 'watch', '--tenant', 'contoso')).body as { id: string }
    for (;;) {
      const { runs } = (await json('runs', '--status', 'waiting')).body as { runs: { id: string; workflow: string }[] }
      const child = runs.find(({ workflow: name }) => name === 'ask-first')
      if (child && runs.some((each) => each.id === id)) return { run: id, child: child.id }
    }
  }
  try {
    const first = await begin()
    expect((await api(`/v1/runs/${first.run}`))['steps']).toMatchObject([
      { id: 'record', phase: 'succeeded' },
      { id: 'sure', phase: 'calling', child: { run: first.child, workflow: 'ask-first' } },
    ])
    expect((await json('cases', 'contoso')).body.cases).toMatchObject([{ state: 'open', title: 'Host h1', key: 'h1' }])

    const cancelled = await json('run', 'cancel', first.run, '--reason', 'by mistake')
    expect(cancelled).toMatchObject({ code: 0, body: { run: first.run } })
    await controller.finished(first.run)
    for (const id of [first.run, first.child])
      expect((await api(`/v1/runs/${id}`))['run']).toMatchObject({ state: 'cancelled' })
    const [closed] = (await json('cases', 'contoso', '--status', 'closed')).body.cases
    expect((await json('cases', 'contoso', closed.id)).body.entries.at(-1).change).toEqual({
      kind: 'close',
      resolution: 'ended as cancelled',
    })

    const second = await begin()
    expect((await json('run', 'cancel', second.run, '--kill')).body).toEqual({
      run: second.run,
      state: 'cancelled',
      reason: 'operator (killed)',
    })
    await controller.finished(second.child)
    expect((await json('cases', 'contoso')).body.cases).toMatchObject([{ state: 'open' }])
    const again = await json('run', 'cancel', second.run)
    expect([again.code, JSON.stringify(again.body)]).toEqual([1, expect.stringContaining('the run has ended already')])
  } finally {
    await controller.close()
  }
}, 120_000)
