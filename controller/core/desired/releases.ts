import semver from 'semver'
import type { Workflow } from '../model/generated/kinds.ts'
import { type Problem, problem } from '../model/problems.ts'
import { isUnreadable, type WorkflowFiles } from './fleet.ts'

export type Target =
  | { readonly kind: 'release'; readonly version: string }
  | { readonly kind: 'none'; readonly problem: Problem }

/** The release that a channel or a semver range means; the channel `stable` where neither is given. */
export function targetRelease(
  workflow: WorkflowFiles,
  want: { channel?: string; range?: string },
  from: { readonly file: string; readonly path: string },
): Target {
  const place = { place: { file: from.file, line: 1, column: 1 }, path: from.path }
  if (want.range !== undefined) {
    if (semver.validRange(want.range) === null)
      return none(problem('wrong-value', `\`${want.range}\` is not a semver range`, place))
    const version = semver.maxSatisfying([...workflow.releases.keys()], want.range)
    if (version !== null) return { kind: 'release', version }
    return none(problem('unknown-release', `no release of ${workflow.name} is in the range ${want.range}`, place))
  }
  const channel = want.channel ?? 'stable'
  const { channels } = workflow
  if (channels && isUnreadable(channels)) return none(frozenBy(channels.file, channels.unreadable))
  const version = channels?.resource.spec.channels[channel]
  if (version === undefined)
    return none(problem('unknown-channel', `${workflow.name} has no channel \`${channel}\``, place))
  if (!workflow.releases.has(version)) {
    return none(
      problem(
        'unknown-release',
        `channel \`${channel}\` of ${workflow.name} points to ${version}, which is no release`,
        { place: { file: channels?.file ?? from.file, line: 1, column: 1 }, path: `/spec/channels/${channel}` },
      ),
    )
  }
  return { kind: 'release', version }
}

/** Versions from the newest to the oldest. A misnamed release file is none and was reported where it was read. */
export function newestFirst(versions: Iterable<string>): string[] {
  return [...versions].filter((version) => semver.valid(version)).sort(semver.rcompare)
}

export function frozenBy(file: string, cause: Problem): Problem {
  return problem('frozen-by', `${file} cannot be used: ${cause.message}`, {
    ...(cause.place && { place: cause.place }),
  })
}

function none(cause: Problem): Target {
  return { kind: 'none', problem: cause }
}

/** What a test of a workflow tests: the head, or the release that it names. */
export function testedSpec(workflow: WorkflowFiles, version: string | undefined): Workflow['spec'] | undefined {
  const entry = version === undefined ? workflow.head : workflow.releases.get(version)
  return entry && !isUnreadable(entry) ? entry.resource.spec : undefined
}
