import { resolve as absolute } from 'node:path'
import { type Authored, editLines, isRefusal, type TextOf } from '../core/authoring/index.ts'
import type { DesiredState } from '../core/desired/index.ts'
import { stateFolder } from '../config.ts'
import { problem } from '../core/model/problems.ts'
import type { Snapshot } from '../core/model/snapshot.ts'
import { headRef } from '../io/git/forge/checkouts.ts'
import { commitToBranch, identityOf, openLocalForge, uncommittedAmong } from '../io/git/forge/index.ts'
import { replaceFiles, standsInTheWay } from '../io/git/forge/work-tree-files.ts'
import { type FleetSource, findRepository, openFleet, type RepositoryLayout } from '../io/git/index.ts'
import { objectId } from '../io/git/object-id.ts'
import { checkPath } from '../io/git/rendered-branch.ts'
import { checkWorkflowSpec } from '../reconcile/check-workflow-spec.ts'
import { openFetchedMounts } from '../reconcile/open-mounts.ts'
import { createFleetLoader, type LoadedFleet } from '../reconcile/load-fleet.ts'
import { type Call, CommandError, type ExitCode, text } from './command.ts'
import { mirrorsOption } from './open-fleet.ts'

/** Options of every command that edits a fleet. */
export const authoringOptions = [
  ['--repo <dir>', 'the fleet: a checkout or a plain folder (default: the current folder)'],
  ['--dry-run', 'show the edits and write nothing'],
  ['--commit [message]', 'commit the edited files, and nothing else, on the branch that is checked out'],
  mirrorsOption,
  ['--pull-request', 'propose the edits to the branch that is checked out; the files here stay as they are'],
] as const

/** Texts by path; null: no such file. */
type Texts = ReadonlyMap<string, string | null>

interface Authoring {
  /** Of the pull request: the same key again edits the same one. */
  readonly key: string
  readonly author: (state: DesiredState, textOf: TextOf) => Authored
  /** Commands to look at next, without `headwater` and `--repo`, beside `plan`. */
  readonly next?: (edits: Texts) => readonly string[]
}

type Done =
  | { readonly written: 'nothing' | 'files' }
  | { readonly written: 'commit'; readonly commit: { readonly id: string; readonly branch: string } }
  | { readonly written: 'pull-request'; readonly pullRequest: Proposed }

interface Proposed {
  readonly outcome: string
  readonly base: string
  readonly number?: number
  readonly branch?: string
}

/** Runs an authoring function on the fleet of `--repo` and puts its edits where the options say. */
export async function applyEdits(call: Call, { key, author, next }: Authoring): Promise<ExitCode> {
  const { commit, pullRequest, dryRun } = call.options
  if (commit !== undefined && pullRequest === true)
    throw new CommandError(problem('wrong-value', '`--commit` and `--pull-request` exclude each other'), 2)
  const path = absolute(call.config.folder, text(call, 'repo') ?? '.')
  const base = pullRequest === true ? branchOf(path) : undefined
  if (base === undefined && dryRun !== true && findRepository(path)?.workTree === null) {
    const hint = 'use --pull-request, or a checkout'
    throw new CommandError(problem('not-a-fleet', `${path} is a bare repository: it has no files to edit`, { hint }), 3)
  }
  const fleetItself = await openFleet({ path, ...(base !== undefined && { revision: `refs/heads/${base}` }) })
  const source = await openFetchedMounts(fleetItself, stateFolder(path, text(call, 'state')))
  try {
    const fleet = await createFleetLoader(source, checkWorkflowSpec, () => performance.now())()
    if (base !== undefined) call.out.remark(`what is committed on ${base} counts, not what lies in the working tree`)
    if (fleet.snapshot.files.size === 0)
      throw new CommandError(problem('not-a-fleet', `${path} holds no tenants/, workflows/ or policies/`), 3)
    const { edits, summary, read } = await authored(source, fleet, author)
    if (dryRun !== true) refuseElsewhere(fleet.snapshot, [...edits.keys()])
    const before: Texts = new Map([...edits.keys()].map((file) => [file, read.get(file) ?? null]))
    const [title = ''] = summary
    const done: Done = await (async () => {
      if (dryRun === true) return { written: 'nothing' }
      if (base !== undefined)
        return { written: 'pull-request', pullRequest: await propose(path, { key, base, summary, edits }) }
      if (commit !== undefined) {
        const message = typeof commit === 'string' ? commit : title
        return { written: 'commit', commit: await commitEdits(path, message, edits, read) }
      }
      write(path, edits, before)
      return { written: 'files' }
    })()
    const lines = new Set([...(next?.(edits) ?? []), ...planOf(path, done)])
    show(call, { edits, before, summary, done, next: [...lines].map((line) => withRepo(call, line)) })
    return 0
  } finally {
    await source.close()
  }
}

/** What a tenant keeps in a repository of its own cannot be edited here. */
function refuseElsewhere({ mounts = [] }: Snapshot, files: readonly string[]): void {
  for (const { tenant, url } of mounts) {
    const file = files.find((path) => path.startsWith(`tenants/${tenant}/`) && path !== `tenants/${tenant}/tenant.yaml`)
    if (file === undefined) continue
    const message = `${file.slice(`tenants/${tenant}/`.length)} of ${tenant} stands in ${url}`
    const hint = '--dry-run shows the text, to be written there'
    throw new CommandError(problem('tenant-source', message, { tenant, hint }), 1)
  }
}

/** Asks again once a text is there that was missing: the functions are pure, so that is all it takes. */
async function authored(
  source: FleetSource,
  { snapshot, desired, problems }: LoadedFleet,
  author: Authoring['author'],
) {
  const read = new Map<string, string>()
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  class NotRead extends Error {}
  const textOf: TextOf = (file) => {
    const known = read.get(file)
    if (known === undefined) throw new NotRead(file)
    return known
  }
  for (;;) {
    try {
      const answer = author(desired, textOf)
      if (!isRefusal(answer)) {
        // What is removed or replaced must be known as well, or somebody's newer version would go unseen.
        for (const file of answer.edits.keys()) if (snapshot.files.has(file)) textOf(file)
        return { ...answer, read }
      }
      const { code, message } = answer.problem
      const placed = problems.find((item) => item.code === code && item.message === message)
      throw new CommandError(placed ? { ...answer.problem, ...placed } : answer.problem, 1)
    } catch (thrown) {
      if (!(thrown instanceof NotRead)) throw thrown
      const file = thrown.message
      const oid = snapshot.files.get(file)?.oid ?? ''
      const bytes = (await source.read([oid])).get(oid)
      if (!bytes) throw new CommandError(problem('repository-unreadable', `${file} changed while it was read`), 3)
      read.set(file, decoder.decode(bytes))
    }
  }
}

/** Writes the files of a working tree, all or none; a file that is not as it was read belongs to somebody else. */
export function write(root: string, edits: Texts, before: Texts): void {
  const files = new Map(
    [...edits].map(([file, next]) => {
      checkPath(file)
      return [file, { before: blob(before.get(file) ?? null)?.oid ?? null, after: blob(next) }]
    }),
  )
  for (const [file, wanted] of files) {
    if (standsInTheWay(root, file, wanted) === null) continue
    const hint = 'nothing was written: look at the file, then run the command again'
    throw new CommandError(problem('repository-unreadable', `${file} is not as it was read`, { hint }), 3)
  }
  replaceFiles(root, files)
}

function blob(contents: string | null): { oid: string; contents: Uint8Array } | null {
  if (contents === null) return null
  const bytes = Buffer.from(contents)
  return { oid: objectId('blob', bytes), contents: bytes }
}

async function commitEdits(path: string, message: string, edits: Texts, read: ReadonlyMap<string, string>) {
  const [dirty] = await uncommittedAmong({ path }, new Set([...read.keys(), ...edits.keys()]))
  if (dirty !== undefined) {
    const hint = 'commit it first, or leave out --commit'
    throw new CommandError(problem('wrong-value', `${dirty} holds changes that are not committed`, { hint }), 1)
  }
  const made = await commitToBranch({ path, files: edits, message, at: Date.now() })
  if (made.kind === 'refused') throw new CommandError(problem('repository-unreadable', made.reason), 3)
  if (made.kind === 'unchanged') throw new CommandError(problem('wrong-value', 'all of this is committed already'), 1)
  return { id: made.commit, branch: made.branch }
}

function layoutOf(path: string): RepositoryLayout {
  const layout = findRepository(path)
  if (layout) return layout
  throw new CommandError(problem('repository-unreadable', `there is no git repository at ${path}`), 3)
}

function branchOf(path: string): string {
  const ref = headRef(layoutOf(path).gitdir)
  if (ref !== null) return ref.slice('refs/heads/'.length)
  throw new CommandError(problem('unknown-revision', 'HEAD names no branch to propose to: switch to one first'), 3)
}

interface ToPropose {
  readonly key: string
  readonly base: string
  readonly summary: readonly string[]
  readonly edits: Texts
}

async function propose(path: string, { key, base, summary, edits }: ToPropose): Promise<Proposed> {
  const author = identityOf(layoutOf(path))
  if (!author)
    throw new CommandError(problem('wrong-value', 'git does not know who you are: set user.name and user.email'), 3)
  const [title = key, ...rest] = summary
  const forge = await openLocalForge({ path, now: Date.now })
  try {
    const body = rest.map((line) => `- ${line}`).join('\n')
    const branch = `headwater/${key.replaceAll('/', '-')}`
    const outcome = await forge.propose({ key, branch, base, title, body, files: edits, author, at: Date.now() })
    if (outcome.kind !== 'left-alone') return { outcome: outcome.kind, ...numbered(outcome.pullRequest), base }
    const reason = {
      edited: 'was edited by hand',
      'checked-out': 'is checked out',
      declined: 'was closed with these contents',
    }
    const { number } = outcome.pullRequest
    throw new CommandError(
      problem('refused', `pull request #${number} ${reason[outcome.reason]}`, { hint: 'settle it first' }),
      1,
    )
  } finally {
    await forge.stop()
  }
}

function numbered(pull: { number: number; branch: string } | null) {
  return pull ? { number: pull.number, branch: pull.branch } : {}
}

/** How to see what the edits do to every tenant. */
function planOf(path: string, done: Done): string[] {
  if (done.written === 'commit') return ['plan --from HEAD~1 --to HEAD']
  if (done.written !== 'pull-request') return findRepository(path) ? ['plan'] : ['validate']
  const { base, branch, number } = done.pullRequest
  return branch === undefined ? [] : [`plan --from ${base} --to ${branch}`, `pr show ${number}`]
}

function withRepo(call: Call, line: string): string {
  const repo = text(call, 'repo')
  if (repo === undefined) return `headwater ${line}`
  return `headwater ${line} --repo ${/^[\w./-]+$/.test(repo) ? repo : `'${repo.replaceAll("'", "'\\''")}'`}`
}

interface Shown {
  readonly edits: Texts
  readonly before: Texts
  readonly summary: readonly string[]
  readonly done: Done
  readonly next: readonly string[]
}

function show({ out, options }: Call, { edits, before, summary, done, next }: Shown): void {
  const files = [...edits].map(([file, after]) => {
    const change = after === null ? 'removed' : before.get(file) === null ? 'added' : 'changed'
    return { file, change, text: after }
  })
  if (out.isJson) {
    out.json({ summary, edits: files, ...done, next })
    return
  }
  for (const [at, line] of summary.entries()) out.line(at === 0 ? out.style('bold', line) : `  ${line}`)
  for (const { file, change, text: after } of files) {
    out.line(`${change === 'added' ? '+' : change === 'removed' ? '-' : '~'} ${file}`)
    if (options['dryRun'] !== true) continue
    for (const { sign, text: line } of editLines(before.get(file) ?? null, after))
      out.line(
        out.style(
          sign === '+' ? 'green' : sign === '-' ? 'red' : 'dim',
          `    ${sign}${sign === '@' ? ' ' : ''}${line}`,
        ),
      )
  }
  if (done.written === 'nothing') {
    out.line('nothing was written')
    return
  }
  if (done.written === 'commit') out.line(`commit ${done.commit.id.slice(0, 10)} on ${done.commit.branch}`)
  if (done.written === 'pull-request') {
    const { number, outcome, branch, base } = done.pullRequest
    out.line(number === undefined ? outcome : `pull request #${number} ${outcome}: ${branch} into ${base}`)
  }
  out.line('Next:')
  for (const line of next) out.line(`  ${line}`)
}
