import type { RunningController } from '../../controller/cli/running-controller.ts'
import { startController } from '../../controller/start-controller.ts'
import type { Files } from '../fakes/fleet-files.ts'
import { writeFiles } from '../fakes/write-files.ts'
import { temporaryFolder } from './controller-process.ts'
import { sandboxOptions } from './sandbox-options.ts'

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
  writeFiles(folder.path, files)
  return {
    folder: folder.path,
    state: state.path,
    start: async () => {
      const controller = await startController(sandboxOptions(folder.path, state.path))
      await controller.reconcile()
      return controller
    },
    [Symbol.dispose]: () => {
      folder[Symbol.dispose]()
      state[Symbol.dispose]()
    },
  }
}
