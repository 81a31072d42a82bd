import type { StartController } from '../../start-controller.ts'
import type { Command } from '../command.ts'
import { explain } from './explain.ts'
import { hook } from './hook.ts'
import { plan } from './plan.ts'
import { render } from './render.ts'
import { run, runApprove, runCancel, runShow } from './run.ts'
import { runs } from './runs.ts'
import { tenants } from './tenants.ts'
import { upCommand } from './up.ts'
import { validate } from './validate.ts'

/** Every command, in the order in which help shows them. */
export function commandsOf(start: StartController): readonly Command[] {
  return [validate, tenants, render, explain, plan, upCommand(start), run, runShow, runApprove, runCancel, runs, hook]
}
