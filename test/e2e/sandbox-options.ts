import type { ControllerOptions } from '../../controller/cli/running-controller.ts'

/** What a quiet controller with its sandbox is started with, on any free port. */
export function sandboxOptions(fleet: string, state: string): ControllerOptions {
  return {
    fleet,
    state,
    port: 0,
    isSandbox: true,
    proposeOn: undefined,
    allowRemovals: undefined,
    gitToken: undefined,
    logLevel: 'silent',
  }
}
