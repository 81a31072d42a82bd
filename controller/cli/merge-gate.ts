import { impactOf } from '../core/desired/index.ts'
import type { Problem } from '../core/model/problems.ts'
import type { Call } from './command.ts'
import { withFleet } from './open-fleet.ts'

/** Why a branch must not be merged: what `headwater plan` refuses; empty where nothing stands in the way. */
export async function refusalsOf(call: Call, base: string, branch: string): Promise<readonly Problem[]> {
  const found: Problem[] = []
  await withFleet(
    call,
    (before) =>
      withFleet(
        call,
        async (after) => {
          found.push(...(await after.places.place(impactOf(before.desired, after.desired).refusals)))
          return 0
        },
        branch,
      ),
    base,
  )
  return found
}
