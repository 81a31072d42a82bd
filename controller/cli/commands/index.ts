import type { StartController } from '../running-controller.ts'
import type { Command } from '../command.ts'
import { cases } from './cases.ts'
import { bulkCancel, bulkList, bulkShow } from './bulk.ts'
import { clone } from './clone.ts'
import { conflicts } from './conflicts.ts'
import { explain } from './explain.ts'
import { hook } from './hook.ts'
import { init } from './init.ts'
import { merge } from './merge.ts'
import { overlay } from './overlay.ts'
import { plan } from './plan.ts'
import { promote } from './promote.ts'
import { pullRequestCommands } from './pull-request.ts'
import { release } from './release.ts'
import { render } from './render.ts'
import { run, runApprove, runCancel, runResolve, runShow } from './run.ts'
import { runs } from './runs.ts'
import { schedules } from './schedules.ts'
import { secretList, secretRecipient, secretSet } from './secret.ts'
import { share } from './share.ts'
import { status } from './status.ts'
import { sweep } from './sweep.ts'
import { tenants } from './tenants.ts'
import { test } from './test.ts'
import { upCommand } from './up.ts'
import { upgrade } from './upgrade.ts'
import { validate } from './validate.ts'

/** Every command, in the order in which help shows them. */
export function commandsOf(start: StartController): readonly Command[] {
  const looking = [validate, tenants, render, explain, plan, conflicts, schedules, test]
  const changing = [init, share, overlay, clone, release, promote, upgrade, merge, ...pullRequestCommands]
  const secrets = [secretSet, secretList, secretRecipient]
  return [
    ...looking,
    ...changing,
    ...secrets,
    upCommand(start),
    status,
    run,
    runShow,
    runApprove,
    runResolve,
    runCancel,
    runs,
    cases,
    bulkShow,
    bulkList,
    bulkCancel,
    sweep,
    hook,
  ]
}
