import { type Declared, type DesiredState, testedSpec, type WorkflowFiles } from '../../core/desired/index.ts'
import { problem } from '../../core/model/problems.ts'
import { suggestName } from '../../core/model/suggest-name.ts'
import { showSafely } from '../../core/model/terminal-text.ts'
import { simulate } from '../../core/run/simulate.ts'
import { type Command, CommandError } from '../command.ts'
import { offlineOptions, withFleet } from '../open-fleet.ts'
import { count } from '../output.ts'

export const test: Command = {
  name: 'test',
  summary: 'plays workflows against their recorded answers, without any vendor',
  args: [['[workflow]', 'short name; all workflows where absent']],
  options: offlineOptions,
  examples: ['headwater test', 'headwater test phishing-response', 'headwater test -o json --ref main'],
  run: (call) =>
    withFleet(call, async ({ desired }) => {
      const [name] = call.args
      const chosen = [...desired.fleet.workflows.values()].filter(
        (workflow) => name === undefined || workflow.name === name,
      )
      if (chosen.length === 0) throw new CommandError(unknown(desired, name ?? ''), 1)
      const played = chosen.flatMap((workflow) => workflow.tests.map((each) => play(workflow, each)))
      const failed = played.filter((each) => each.mismatches.length > 0)
      if (call.out.isJson) call.out.json(played)
      else {
        for (const { workflow, test: title, file, mismatches } of played) {
          const isFine = mismatches.length === 0
          call.out.line(
            `${isFine ? call.out.style('green', '✓') : call.out.style('red', '✗')} ${workflow}  ${showSafely(title)}`,
          )
          if (!isFine) call.out.line(`    ${file}`)
          for (const mismatch of mismatches) call.out.line(`    ${showSafely(mismatch)}`)
        }
        const bare = chosen.filter((workflow) => workflow.tests.length === 0)
        if (bare.length > 0) call.out.remark(`without tests: ${bare.map((workflow) => workflow.name).join(', ')}`)
        call.out.line(
          `${count(played.length, 'test')} of ${count(chosen.length, 'workflow')}: ${failed.length === 0 ? 'all hold' : `${failed.length} failed`}`,
        )
      }
      return failed.length > 0 ? 1 : 0
    }),
}

function play(workflow: WorkflowFiles, { file, resource }: Declared<'WorkflowTest'>) {
  const { spec, metadata } = resource
  const title = spec.title ?? metadata.name
  const base = { workflow: workflow.name, test: title, file }
  const under = testedSpec(workflow, spec.release)
  if (!under)
    return {
      ...base,
      outcome: 'failed' as const,
      path: [],
      mismatches: [`there is no ${spec.release === undefined ? 'readable head' : `release ${spec.release}`} to test`],
    }
  const { outcome, path, mismatches } = simulate({ workflow: under, test: spec })
  return { ...base, outcome, path, mismatches }
}

function unknown(state: DesiredState, name: string) {
  const near = suggestName(
    name,
    [...state.fleet.workflows.values()].map((workflow) => workflow.name),
  )
  return problem(
    'unknown-workflow',
    `there is no workflow \`${name}\``,
    near === undefined ? {} : { hint: `did you mean \`${near}\`?` },
  )
}
