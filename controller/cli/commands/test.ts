import { type Declared, type DesiredState, headsOf, testedSpec, type WorkflowFiles } from '../../core/desired/index.ts'
import { problem } from '../../core/model/problems.ts'
import { suggestName } from '../../core/model/suggest-name.ts'
import { showSafely } from '../../core/model/terminal-text.ts'
import { type Covered, coverageOf } from '../../core/run/coverage.ts'
import { simulate } from '../../core/run/simulate.ts'
import { type Command, CommandError } from '../command.ts'
import { offlineOptions, withFleet } from '../open-fleet.ts'
import { count, type Output } from '../output.ts'

export const test: Command = {
  name: 'test',
  summary: 'plays workflows against their recorded answers, without any vendor, and says what no test went through',
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
      const played = chosen.flatMap((workflow) => workflow.tests.map((each) => play(desired, workflow, each)))
      const coverage = chosen.flatMap((workflow) => covered(workflow, played))
      const failed = played.filter((each) => each.mismatches.length > 0)
      if (call.out.isJson) call.out.json({ tests: played.map(({ state: _, ...shown }) => shown), coverage })
      else {
        for (const { workflow, test: title, file, mismatches } of played) {
          const isFine = mismatches.length === 0
          call.out.line(
            `${isFine ? call.out.style('green', '✓') : call.out.style('red', '✗')} ${workflow}  ${showSafely(title)}`,
          )
          if (!isFine) call.out.line(`    ${file}`)
          for (const mismatch of mismatches) call.out.line(`    ${showSafely(mismatch)}`)
        }
        for (const each of coverage) showCoverage(call.out, each)
        const bare = chosen.filter((workflow) => workflow.tests.length === 0)
        if (bare.length > 0) call.out.remark(`without tests: ${bare.map((workflow) => workflow.name).join(', ')}`)
        call.out.line(
          `${count(played.length, 'test')} of ${count(chosen.length, 'workflow')}: ${failed.length === 0 ? 'all hold' : `${failed.length} failed`}`,
        )
      }
      return failed.length > 0 ? 1 : 0
    }),
}

function play({ fleet }: DesiredState, workflow: WorkflowFiles, { file, resource }: Declared<'WorkflowTest'>) {
  const { spec, metadata } = resource
  const title = spec.title ?? metadata.name
  const base = { workflow: workflow.name, owner: workflow.owner, release: spec.release ?? null, test: title, file }
  const under = testedSpec(workflow, spec.release)
  if (!under)
    return {
      ...base,
      outcome: 'failed' as const,
      path: [],
      calls: [],
      state: undefined,
      mismatches: [`there is no ${spec.release === undefined ? 'readable head' : `release ${spec.release}`} to test`],
    }
  const { outcome, path, calls, mismatches, state } = simulate({
    workflow: under,
    test: spec,
    calleeOf: headsOf(fleet),
  })
  return { ...base, outcome, path, calls, mismatches, state }
}

type Played = ReturnType<typeof play>

/** What the tests of the head, and those of each release that is tested, go through together. */
function covered(workflow: WorkflowFiles, played: readonly Played[]) {
  const own = played.filter(({ workflow: name, owner }) => name === workflow.name && owner === workflow.owner)
  return [...Map.groupBy(own, ({ release }) => release)].flatMap(([release, tests]) => {
    const spec = testedSpec(workflow, release ?? undefined)
    const runs = tests.flatMap(({ state }) => state ?? [])
    return spec ? [{ workflow: workflow.name, owner: workflow.owner, release, ...coverageOf(spec, runs) }] : []
  })
}

function showCoverage(out: Output, { workflow, release, steps, branches }: ReturnType<typeof covered>[number]): void {
  const part = (what: string, { total, missing }: Covered): string => `${total - missing.length} of ${total} ${what}`
  const name = release === null ? workflow : `${workflow} ${release}`
  out.line(out.style('dim', `  ${name}: ${part('steps', steps)}, ${part('branches', branches)}`))
  const missing = [
    ...steps.missing,
    ...branches.missing.filter((branch) => !steps.missing.includes(branch.split(':')[0] ?? '')),
  ]
  if (missing.length > 0) out.line(out.style('dim', `    no test for ${missing.join(', ')}`))
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
