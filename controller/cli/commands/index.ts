import type { Command } from '../command.ts'
import { explain } from './explain.ts'
import { hook } from './hook.ts'
import { plan } from './plan.ts'
import { render } from './render.ts'
import { run, runApprove, runCancel, runShow } from './run.ts'
import { runs } from './runs.ts'
import { tenants } from './tenants.ts'
import { validate } from './validate.ts'

/** Every command, in the order in which help shows them. */
export const commands: readonly Command[] = [validate, tenants, render, explain, plan, run, runShow, runApprove, runCancel, runs, hook]
