import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { foldAll } from '../../controller/core/run/fold.ts'
import { isFinished } from '../../controller/core/run/run-state.ts'
import { summarise } from '../../controller/core/run/run-summary.ts'
import { openStore } from '../../controller/io/store/open-store.ts'
import { ControllerProcess, copyStarterFleet, stateFile, temporaryFolder, untilSettled } from './controller-process.ts'
import { post, signedAlert } from './signed-delivery.ts'

const tenant = { path: 'acme/north/contoso', uid: '3651ecc2-02a2-4189-aa71-a09feb663a42' }
/** What the system lets one file of the controller have, in blocks of 512 bytes: 2 MiB. */
const blocks = 4_096

test.skipIf(process.platform === 'win32')(
  'a controller whose disk takes no more says so, accepts nothing, and has lost nothing that it accepted',
  { timeout: 180_000 },
  async () => {
    using fleet = temporaryFolder()
    using state = temporaryFolder()
    copyStarterFleet(fleet.path)
    const body = readFileSync(join(fleet.path, 'examples/alerts/account-lockout.json'), 'utf8')
    const args = ['up', '--repo', fleet.path, '--sandbox', '--port', '0', '--state', state.path]
    const accepted = new Set<string>()
    let sent = 0
    const deliver = async (): Promise<number> => {
      const answer = await post(signedAlert(state.path, tenant, `alert-${sent++}`, body))
      for (const { id } of answer.runs) accepted.add(id)
      return answer.status
    }

    {
      await using limited = new ControllerProcess(args, {}, { fileBlocks: blocks })
      await limited.printed(/listening/)
      let refused = 0
      for (let batch = 0; batch < 200 && refused === 0; batch++) {
        const answers = await Promise.all(Array.from({ length: 8 }, deliver))
        refused = answers.filter((status) => status === 503).length
        expect(answers.filter((status) => status !== 202 && status !== 503)).toEqual([])
      }
      expect(refused).toBeGreaterThan(0)
      const health = await fetch(`${stateFile(state.path, 'url')}/healthz`)
      expect(health.status).toBe(503)
      expect(await health.json()).toMatchObject({
        health: 'failing',
        reason: expect.stringContaining('Nothing more is written'),
      })
      // Not even where there may be room again: nobody knows what is on the disk.
      expect(await deliver()).toBe(503)
      await limited.kill('SIGKILL')
    }
    expect(accepted.size).toBeGreaterThan(0)

    await using controller = new ControllerProcess(args)
    await controller.printed(/listening/)
    expect((await fetch(`${stateFile(state.path, 'url')}/healthz`)).status).toBe(200)
    expect(await deliver()).toBe(202)
    await untilSettled(state.path)
    await controller.kill('SIGTERM')
    const store = openStore(state.path)
    const journals = [...accepted].map((id) => [id, store.readRun(id)] as const)
    store.close()
    const open = journals.filter(([, events]) => {
      if (events === undefined) return true
      const run = foldAll(events)
      return !isFinished(run) && summarise(run).state !== 'waiting'
    })
    expect(open).toEqual([])
  },
)
