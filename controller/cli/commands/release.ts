import { posix } from 'node:path'
import { release as freeze } from '../../core/authoring/index.ts'
import { applyEdits, authoringOptions } from '../apply-edits.ts'
import { type Command, text } from '../command.ts'

export const release: Command = {
  name: 'release',
  summary: 'freeze the head of a workflow as its next release',
  args: [['<workflow>', 'short name, or `owner:name` where several have it']],
  options: [
    ['--version <version>', 'the version of the release, written into the head too (default: what the head says)'],
    ...authoringOptions,
  ],
  examples: [
    'headwater release phishing-response',
    'headwater release phishing-response --version 2.1.0 --commit',
    'headwater release phishing-response --dry-run',
  ],
  run: (call) => {
    const [name] = call.args as [string]
    const version = text(call, 'version')
    return applyEdits(call, {
      key: `release/${name}`,
      author: (state, textOf) => freeze(state, textOf, name, version === undefined ? {} : { version }),
      next: (edits) => ['validate', `promote ${name} canary ${versionOf(edits)}`],
    })
  },
}

function versionOf(edits: ReadonlyMap<string, string | null>): string {
  const [file = ''] = edits.keys()
  return posix.basename(file, '.yaml')
}
