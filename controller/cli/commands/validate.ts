import { changedReleases } from '../../core/desired/index.ts'
import { isError, type Problem } from '../../core/model/problems.ts'
import type { Call, Command } from '../command.ts'
import { checkSecrets } from '../../reconcile/check-secrets.ts'
import { type OpenedFleet, offlineOptions, withFleet } from '../open-fleet.ts'
import { count, countProblems } from '../output.ts'

export const validate: Command = {
  name: 'validate',
  summary: 'every problem of a fleet, with file, line, column and a caret',
  options: offlineOptions,
  examples: ['headwater validate', 'headwater validate --ref main -o json', 'headwater validate --repo ../fleet'],
  run: (call) =>
    withFleet(call, async (fleet) => {
      const { desired, snapshot, timings } = fleet
      // Loaded here, because no other command waits for a schema compiler.
      const { checkExamples } = await import('../../reconcile/check-examples.ts')
      const secrets = await fleet.places.place(await checkSecrets(desired.fleet, snapshot, fleet.textOf))
      const examples = await fleet.places.place(checkExamples(desired.fleet))
      const problems = [...fleet.problems, ...examples, ...secrets, ...(await changedSinceHead(call, fleet))]
      const frozen = [...desired.tenants.values()]
        .filter((tenant) => tenant.kind === 'frozen')
        .map((tenant) => tenant.path)
      const workflows = desired.fleet.workflows.size
      if (call.out.isJson) {
        call.out.json({
          revision: snapshot.revision,
          files: snapshot.files.size,
          tenants: desired.tenants.size,
          frozen,
          workflows,
          problems,
          timings,
        })
      } else {
        call.out.problems(problems)
        call.out.line(
          `${count(desired.tenants.size, 'tenant')}, ${count(workflows, 'workflow')}, ${count(snapshot.files.size, 'file')}: ${countProblems(problems)}`,
        )
        if (frozen.length > 0)
          call.out.line(
            `${count(frozen.length, 'tenant')} frozen at the last good state: ${frozen.slice(0, 10).join(', ')}${frozen.length > 10 ? ', …' : ''}`,
          )
      }
      return problems.some(isError) ? 1 : 0
    }),
}

/** A release that is committed never changes: compared with HEAD where the working tree is looked at. */
async function changedSinceHead(call: Call, { desired, snapshot, places }: OpenedFleet): Promise<Problem[]> {
  const { commit, uncommitted } = snapshot.revision
  if (call.options['ref'] !== undefined || commit === null || !uncommitted.some((path) => path.includes('/releases/')))
    return []
  const found: Problem[] = []
  await withFleet(
    call,
    async (head) => {
      found.push(...changedReleases(head.desired, desired))
      return 0
    },
    'HEAD',
  )
  return places.place(found)
}
