import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RunningController } from '../../controller/cli/running-controller.ts'
import { startController } from '../../controller/start-controller.ts'
import type { Files } from '../fakes/fleet-files.ts'
import { temporaryFolder } from './controller-process.ts'

/** A folder with a fleet and one for the state; controllers on them come and go. */
export interface TriggeredFleet {
  readonly folder: string
  readonly state: string
  /** A controller of which the first reconcile has ended. */
  start(): Promise<RunningController>
  [Symbol.dispose](): void
}

export function triggeredFleet(files: Files): TriggeredFleet {
  const [folder, state] = [temporaryFolder(), temporaryFolder()]
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, file)), { recursive: true })
    writeFileSync(join(folder.path, file), text)
  }
  return {
    folder: folder.path,
    state: state.path,
    start: async () => {
      const controller = await startController({
        fleet: folder.path,
        state: state.path,
        port: 0,
        isSandbox: true,
        proposeOn: undefined,
        allowRemovals: undefined,
        gitToken: undefined,
        logLevel: 'silent',
      })
      await controller.reconcile()
      return controller
    },
    [Symbol.dispose]: () => {
      folder[Symbol.dispose]()
      state[Symbol.dispose]()
    },
  }
}
