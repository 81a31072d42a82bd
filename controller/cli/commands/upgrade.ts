import { type Undecided, upgrade as move } from '../../core/authoring/index.ts'
import type { RaisedConflict } from '../../core/desired/index.ts'
import { parsePath, type Resolution } from '../../core/merge/index.ts'
import { problem } from '../../core/model/problems.ts'
import { showSafely } from '../../core/model/terminal-text.ts'
import { toValue } from '../../core/model/values.ts'
import { applyEdits, authoringOptions } from '../apply-edits.ts'
import { type Call, type Command, CommandError, text, texts } from '../command.ts'
import { count } from '../output.ts'

export const upgrade: Command = {
  name: 'upgrade',
  summary: 'moves a tenant’s overlay, clone or pin to a newer release, keeping its changes and comments',
  args: [
    ['<tenant>', 'path of the tenant'],
    ['<workflow>', 'one of its workflows'],
  ],
  options: [
    ['--to <release>', 'the release to move to (default: what its share follows)'],
    [
      '--take <side...>',
      '`ours` or `theirs`, for all conflicts or for the path that follows: --take ours /spec/steps/[id=isolate]',
    ],
    ['--value <path=json...>', 'decide one conflict by a value: --value /spec/minutesSaved=30'],
    ['--everywhere', 'the same decisions for every tenant with the same base, ours and theirs'],
    ...authoringOptions,
  ],
  examples: [
    'headwater upgrade acme/north/contoso phishing-response --to 2.0.0',
    "headwater upgrade acme/north/contoso phishing-response --to 2.0.0 --take ours '/spec/steps/[id=confirm_removal]'",
    'headwater upgrade acme/north/contoso phishing-response --take theirs --everywhere --commit',
  ],
  run: async (call) => {
    const [tenant, workflow] = call.args as [string, string]
    const decisions = readDecisions(call)
    const to = text(call, 'to')
    const decide = ({ path }: RaisedConflict): Resolution | undefined =>
      decisions.find((decision) => decision.path === path)?.resolution ??
      decisions.find((decision) => decision.path === undefined)?.resolution
    const options = {
      everywhere: call.options['everywhere'] === true,
      mayStayOpen: call.options['pullRequest'] === true,
    }
    let undecided: Undecided | undefined
    try {
      return await applyEdits(call, {
        // A decision has a pull request of its own: the controller would write what is undecided over it.
        key: `${decisions.length > 0 ? 'decision' : 'upgrade'}/${tenant}/${workflow}`,
        author: (state, textOf) => {
          const answer = move(state, textOf, { tenant, workflow, decide, ...options, ...(to !== undefined && { to }) })
          if (answer.kind !== 'undecided') return answer
          undecided = answer
          return {
            kind: 'refused',
            problem: problem('conflict', `${count(answer.conflicts.length, 'conflict')} to decide`),
          }
        },
      })
    } catch (thrown) {
      if (thrown instanceof CommandError && undecided) return showOpen(call, undecided)
      throw thrown
    }
  },
}

type Decisions = readonly { readonly path: string | undefined; readonly resolution: Resolution }[]

function showOpen(call: Call, { tenant, workflow, from, to, conflicts }: Undecided): 1 {
  const { out } = call
  if (out.isJson) out.json({ tenant, workflow, from, to, conflicts })
  else {
    for (const { path, type, base, ours, theirs, level, resolutions } of conflicts) {
      out.line(`${out.style('red', type)} ${showSafely(path)} at ${level}`)
      for (const [side, value] of Object.entries({ base, ours, theirs }))
        out.line(`  ${side.padEnd(6)}  ${value === undefined ? '(absent)' : showSafely(JSON.stringify(value))}`)
      out.line(`  may be ${resolutions.join(', ')}`)
    }
    out.line(
      `${count(conflicts.length, 'conflict')} between ${from} and ${to}: nothing was written; decide with ${waysOut(conflicts)}`,
    )
  }
  return 1
}

/** Only what some conflict allows: where two edits leave nothing sound to take, a value is all that helps. */
function waysOut(conflicts: Undecided['conflicts']): string {
  const allowed = new Set(conflicts.flatMap(({ resolutions }) => resolutions))
  const sides = (['ours', 'theirs', 'base', 'both'] as const).filter((side) => allowed.has(side))
  const ways = sides.map((side) => `--take ${side} PATH`)
  if (allowed.has('value')) ways.push('--value PATH=JSON')
  return ways.join(', ').replace(/, (?=[^,]*$)/, ' or ')
}

/** `--take ours /a --take theirs` is two decisions, the second for all the rest. */
function readDecisions(call: Call): Decisions {
  const decisions: { path: string | undefined; resolution: Resolution }[] = []
  for (const word of texts(call, 'take')) {
    const last = decisions.at(-1)
    if (word.startsWith('/') && last && last.path === undefined) last.path = checkedPath(word)
    else if (word === 'ours' || word === 'theirs' || word === 'base' || word === 'both')
      decisions.push({ path: undefined, resolution: word })
    else
      throw new CommandError(
        problem('wrong-value', `\`${word}\` is neither a side nor a path`, {
          hint: 'write --take ours, --take theirs, or one of them with a path',
        }),
        2,
      )
  }
  for (const word of texts(call, 'value')) {
    const cut = word.search(/=(?![^[]*\])/)
    if (cut < 0) throw new CommandError(problem('wrong-value', `\`${word}\` is not PATH=JSON`), 2)
    decisions.push({
      path: checkedPath(word.slice(0, cut)),
      resolution: { value: toValue(parseJson(word.slice(cut + 1))) },
    })
  }
  return decisions
}

function checkedPath(path: string): string {
  if (parsePath(path)) return path
  throw new CommandError(
    problem('wrong-value', `\`${path}\` is no path`, { hint: 'a path looks like /spec/steps/[id=isolate]/with' }),
    2,
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
