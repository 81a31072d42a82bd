import { resolve } from 'node:path'
import { showSafely } from '../../core/model/terminal-text.ts'
import { problem } from '../../core/model/problems.ts'
import { findRepository } from '../../io/git/index.ts'
import {
  type Forge,
  identityOf,
  openLocalForge,
  type Person,
  type PullRequestDetail,
  type PullRequestState,
} from '../../io/git/forge/index.ts'
import { refusalsOf } from '../merge-gate.ts'
import { type Call, type Command, CommandError, type ExitCode, text } from '../command.ts'
import { count } from '../output.ts'

const options = [['--repo <dir>', 'the fleet: a checkout or a bare repository (default: the current folder)']] as const

const numberArgument = [['<number>', 'number of the pull request, as `pr list` shows it']] as const

const prList: Command = {
  name: 'pr list',
  summary: 'pull requests of the fleet, newest first',
  options: [
    ['--state <word>', 'open, merged, closed or all (default: open)'],
    ['--label <label>', 'only those with this label'],
    ...options,
  ],
  examples: ['headwater pr list', 'headwater pr list --state all', 'headwater pr list --label upgrade -o json'],
  run: (call) =>
    withForge(call, async (forge) => {
      const state = stateOf(call)
      const label = text(call, 'label')
      const pulls = await forge.list({ ...(state !== undefined && { state }), ...(label !== undefined && { label }) })
      if (call.out.isJson) {
        call.out.json({ pullRequests: pulls })
        return 0
      }
      if (pulls.length > 0)
        call.out.table(
          ['number', 'state', 'title', 'branch', 'labels', 'updated'],
          pulls.map((pull) => [
            `#${pull.number}`,
            pull.isEditedByPerson ? `${pull.state}, edited` : pull.state,
            showSafely(pull.title),
            showSafely(pull.branch),
            showSafely(pull.labels.join(', ')),
            dateOf(pull.updatedAt),
          ]),
        )
      call.out.remark(count(pulls.length, state === undefined ? 'pull request' : `${state} pull request`))
      return 0
    }),
}

const prShow: Command = {
  name: 'pr show',
  summary: 'one pull request: text, commits, comments and files',
  args: numberArgument,
  options,
  examples: ['headwater pr show 7', 'headwater pr show 7 -o json'],
  run: (call) =>
    withForge(call, async (forge) => {
      const number = numberOf(call)
      const pull = await forge.show(number)
      if (pull === null) throw new CommandError(problem('wrong-value', `there is no pull request #${number}`), 1)
      if (call.out.isJson) call.out.json(pull)
      else showPull(call, pull)
      return 0
    }),
}

const prMerge: Command = {
  name: 'pr merge',
  summary: 'brings a pull request into its base; exit 1 where that is refused, as where something is left to decide',
  args: numberArgument,
  options,
  examples: ['headwater pr merge 7', 'headwater pr merge 7 --repo fleet.git -o json'],
  run: (call) =>
    withForge(call, async (forge, by) => {
      const number = numberOf(call)
      const pull = await forge.show(number)
      const refusals = pull?.state === 'open' ? await refusalsOf(call, pull.base, pull.branch) : []
      if (refusals.length > 0) {
        if (call.out.isJson) call.out.json({ kind: 'refused', number, refusals })
        else {
          call.out.problems(refusals)
          call.out.line(`#${number} must not be merged: ${count(refusals.length, 'error')}`)
        }
        return 1
      }
      return answer(call, number, await forge.merge(number, by()))
    }),
}

const prClose: Command = {
  name: 'pr close',
  summary: 'turns a pull request down: the same contents are not proposed again',
  args: numberArgument,
  options: [['--comment <text>', 'why'], ...options],
  examples: ['headwater pr close 7', 'headwater pr close 7 --comment "after the freeze"'],
  run: (call) =>
    withForge(call, async (forge, by) => {
      const number = numberOf(call)
      const comment = text(call, 'comment')
      const closed = await forge.close(number, by(), comment === undefined ? {} : { comment })
      return answer(call, number, closed.kind === 'closed' ? { kind: closed.kind } : closed)
    }),
}

/** Pull requests of a local fleet, without a controller. */
export const pullRequestCommands: readonly Command[] = [prList, prShow, prMerge, prClose]

async function withForge(call: Call, use: (forge: Forge, by: () => Person) => Promise<ExitCode>): Promise<ExitCode> {
  const path = resolve(call.config.folder, text(call, 'repo') ?? '.')
  const forge = await openLocalForge({ path, now: Date.now })
  try {
    return await use(forge, () => whoWorksAt(path))
  } finally {
    await forge.stop()
  }
}

function whoWorksAt(path: string): Person {
  const layout = findRepository(path)
  const person = layout === null ? null : identityOf(layout)
  if (person === null)
    throw new CommandError(
      problem('missing-field', 'git does not know who you are', {
        hint: 'git config user.name "Ada", git config user.email ada@example.com',
      }),
      2,
    )
  return person
}

function numberOf(call: Call): number {
  const given = call.args[0] ?? ''
  if (!/^#?[1-9]\d{0,8}$/.test(given))
    throw new CommandError(problem('wrong-value', `\`${given}\` is no number of a pull request`), 2)
  return Number(given.replace('#', ''))
}

function stateOf(call: Call): PullRequestState | undefined {
  const given = text(call, 'state') ?? 'open'
  if (given === 'all') return undefined
  if (given === 'open' || given === 'merged' || given === 'closed') return given
  throw new CommandError(problem('wrong-value', `\`${given}\` is no state: use open, merged, closed or all`), 2)
}

type Answer =
  | { readonly kind: 'merged'; readonly commit: string }
  | { readonly kind: 'closed' }
  | { readonly kind: 'refused'; readonly reason: string }

function answer({ out }: Call, number: number, outcome: Answer): ExitCode {
  if (out.isJson) out.json({ number, ...outcome })
  else if (outcome.kind === 'refused') out.line(`${out.style('red', 'refused')} ${showSafely(outcome.reason)}`)
  else out.line(`${outcome.kind} #${number}${outcome.kind === 'merged' ? ` as ${outcome.commit.slice(0, 12)}` : ''}`)
  return outcome.kind === 'refused' ? 1 : 0
}

function showPull({ out }: Call, pull: PullRequestDetail): void {
  const { number, state, branch, base, author, supersededBy } = pull
  out.line(out.style('bold', `#${number} ${showSafely(pull.title)}`))
  const place = `${showSafely(branch)} into ${showSafely(base)}`
  const edited = pull.isEditedByPerson ? ', edited by a person' : ''
  out.line(`${state}${supersededBy === undefined ? '' : `, superseded by #${supersededBy}`}, ${place}${edited}`)
  out.line(`by ${showSafely(author)}, opened ${dateOf(pull.openedAt)}, updated ${dateOf(pull.updatedAt)}`)
  paragraph(out, pull.body)
  for (const { commit, title, author: who } of pull.commits)
    out.line(`${out.style('yellow', commit.slice(0, 12))} ${showSafely(title)} (${showSafely(who)})`)
  for (const { author: who, at, body } of pull.comments) {
    out.line(`\n${out.style('dim', `${showSafely(who)}, ${dateOf(at)}`)}`)
    paragraph(out, body)
  }
  for (const { path, before, after, isOmitted } of pull.files) {
    const kind = before === undefined ? 'new' : after === undefined ? 'removed' : 'changed'
    out.line(`${isOmitted ? 'not shown' : kind}  ${showSafely(path)}`)
  }
  if (pull.moreFiles > 0) out.remark(`and ${count(pull.moreFiles, 'more file')}`)
}

function paragraph(out: Call['out'], body: string): void {
  if (body.trim() === '') return
  out.line()
  for (const line of body.trimEnd().split('\n')) out.line(showSafely(line))
  out.line()
}

function dateOf(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ')
}
