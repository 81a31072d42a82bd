import semver from 'semver'
import type { DesiredState, WorkflowFiles } from '../desired/index.ts'
import { isUnreadable } from '../desired/fleet.ts'
import { newestFirst } from '../desired/releases.ts'
import { editYaml } from '../merge/index.ts'
import { isName } from '../model/names.ts'
import { schemaOf } from '../model/schemas.ts'
import { type Authored, counted, edited, isRefusal, refused, refusedBy, type TextOf } from './authored.ts'
import { findWorkflow, folderOf, usable } from './find-workflow.ts'
import { inline, newDocument } from './new-document.ts'
import { schemaLineLike } from './schema-line.ts'

/** Points a channel to a release. */
export function promote(state: DesiredState, textOf: TextOf, name: string, channel: string, version: string): Authored {
  const workflow = findWorkflow(state, name)
  if (isRefusal(workflow)) return workflow
  if (!isName(channel))
    return refused('bad-name', `\`${channel}\` cannot be the name of a channel`, 'channels are called like `canary`')
  const entry = workflow.releases.get(version)
  if (!entry) {
    const releases = newestFirst(workflow.releases.keys())
    const known = releases.length === 0 ? 'it has none yet' : `it has ${releases.slice(0, 5).join(', ')}`
    return refused(
      'unknown-release',
      `${name} has no release ${version}: ${known}`,
      `headwater release ${name} makes one`,
    )
  }
  const release = usable(state, entry)
  if (isRefusal(release)) return release
  const { channels } = workflow
  if (channels && isUnreadable(channels)) return refusedBy(channels.unreadable)

  const from = channels?.resource.spec.channels[channel]
  if (from === version)
    return refused('wrong-value', `${channel} of ${name} points to ${version} already`, 'there is nothing to do')
  const step = from === undefined ? `new → ${version}` : `${from} → ${version}`
  const isBack = from !== undefined && semver.valid(from) && semver.lt(version, from)
  const followers = followersOf(state, workflow, channel)
  const summary = [
    `Promote ${workflow.name} ${channel}: ${step}`,
    ...(isBack ? [`this goes back: ${version} is older than ${from}`] : []),
    followers === 0 ? 'no tenant follows this channel' : `${counted(followers, 'tenant')} on this channel`,
  ]
  if (!channels) {
    const file = `${folderOf(workflow)}/channels.yaml`
    const line = schemaLineLike({ file: release.file, text: textOf(release.file) }, file, 'Channels')
    return edited(
      [[file, newDocument('Channels', workflow.name, `  channels:\n    ${inline(channel)}: ${version}\n`, line)]],
      summary,
    )
  }
  const written = editYaml({
    text: textOf(channels.file),
    schema: schemaOf('Channels'),
    edits: [{ path: ['spec', 'channels', channel], value: version }],
  })
  if (written.kind === 'written') return edited([[channels.file, written.text]], summary)
  return refused('wrong-value', `${channels.file} cannot be edited: ${written.reason}`)
}

/** How many tenants a share hands this channel of the workflow. */
function followersOf(state: DesiredState, workflow: WorkflowFiles, channel: string): number {
  let count = 0
  for (const tenant of state.tenants.values()) {
    const received = tenant.kind === 'valid' ? tenant.workflows.get(workflow.name) : undefined
    const item = received?.share.resource.spec.workflows.find(
      ({ name }) => name.slice(name.indexOf(':') + 1) === workflow.name,
    )
    if (item && item.range === undefined && (item.channel ?? 'stable') === channel) count++
  }
  return count
}
