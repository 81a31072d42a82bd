import semver from 'semver'
import type { DesiredState, WorkflowFiles } from '../desired/index.ts'
import { isUnreadable } from '../desired/fleet.ts'
import { newestFirst } from '../desired/releases.ts'
import { cloneBase } from '../desired/visible-workflow.ts'
import { editYaml } from '../merge/index.ts'
import type { Workflow } from '../model/generated/kinds.ts'
import { schemaOf } from '../model/schemas.ts'
import { type Authored, edited, isRefusal, type Refusal, refused, refusedBy, type TextOf } from './authored.ts'
import { findWorkflow, folderOf, usable } from './find-workflow.ts'
import { levelOf, type ReleaseChange, releaseChanges } from './release-changes.ts'
import { movedText } from './schema-line.ts'

/** Freezes the head of a workflow as its next release: the same text, at its place among the releases. */
export function release(
  state: DesiredState,
  textOf: TextOf,
  name: string,
  options: { readonly version?: string } = {},
): Authored {
  const workflow = findWorkflow(state, name)
  if (isRefusal(workflow)) return workflow
  const base = cloneBase(workflow)
  if (base !== undefined)
    return refused('wrong-value', `${name} is a clone of ${base}`, 'a clone has no releases of its own: edit it')
  if (!workflow.head)
    return refused('unknown-workflow', `${name} has no head`, `write ${folderOf(workflow)}/workflow.yaml first`)
  const head = usable(state, workflow.head)
  if (isRefusal(head)) return head
  const version = options.version ?? head.resource.spec.version
  if (semver.valid(version) !== version || semver.prerelease(version))
    return refused('wrong-value', `\`${version}\` is no version`, 'a version looks like 2.1.0')
  const since = changesSinceNewest(workflow, head.resource)
  if (isRefusal(since)) return since
  const wrong = wrongVersion(workflow, version, since)
  if (wrong) return wrong

  const text = withVersion(textOf(head.file), version)
  if (isRefusal(text)) return text
  const file = `${folderOf(workflow)}/releases/${version}.yaml`
  const edits: [string, string][] = [[file, movedText(text.text, head.file, file)]]
  if (version !== head.resource.spec.version) edits.push([head.file, text.text])
  return edited(edits, [`Release ${workflow.name} ${version}`, ...describe(since)])
}

/** Undefined before the first release. */
interface Since {
  readonly newest: string | undefined
  readonly changes: readonly ReleaseChange[]
}

function changesSinceNewest(workflow: WorkflowFiles, head: Workflow): Since | Refusal {
  const [newest] = newestFirst(workflow.releases.keys())
  const entry = newest === undefined ? undefined : workflow.releases.get(newest)
  if (newest === undefined || !entry) return { newest: undefined, changes: [] }
  if (isUnreadable(entry)) return refusedBy(entry.unreadable)
  const changes = releaseChanges(entry.resource.spec, head.spec)
  if (changes.length > 0) return { newest, changes }
  return refused(
    'wrong-value',
    `nothing that runs has changed in ${workflow.name} since release ${newest}`,
    `edit ${folderOf(workflow)}/workflow.yaml first; a comment alone makes no release`,
  )
}

function wrongVersion({ name, releases }: WorkflowFiles, version: string, since: Since): Refusal | undefined {
  const { newest, changes } = since
  if (newest === undefined) return undefined
  const smallest = semver.inc(newest, levelOf(changes)) as string
  if (semver.gte(version, smallest)) return undefined
  const reasons = changes.filter(({ level }) => level === levelOf(changes)).map(({ text }) => text)
  const why = `a ${levelOf(changes)} change after ${newest} (${reasons.join('; ')}) is ${smallest} or higher`
  const what = releases.has(version)
    ? `${name} has a release ${version} already, and a release never changes`
    : semver.lte(version, newest)
      ? `${version} is not greater than the newest release ${newest} of ${name}`
      : `${version} is too small a step from ${newest} for ${name}`
  return refused('wrong-value', `${what}: ${why}`, `use --version ${smallest}, or write it into the head`)
}

function describe({ newest, changes }: Since): string[] {
  if (newest === undefined) return ['first release']
  return [`${levelOf(changes)} change after ${newest}`, ...changes.map(({ text }) => text)]
}

function withVersion(text: string, version: string): { readonly text: string } | Refusal {
  const written = editYaml({
    text,
    schema: schemaOf('Workflow'),
    edits: [{ path: ['spec', 'version'], value: version }],
  })
  if (written.kind === 'written') return written
  return refused('wrong-value', `the version cannot be written into the head: ${written.reason}`)
}
