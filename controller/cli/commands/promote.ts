import { promote as point } from '../../core/authoring/index.ts'
import { applyEdits, authoringOptions } from '../apply-edits.ts'
import type { Command } from '../command.ts'

export const promote: Command = {
  name: 'promote',
  summary: 'point a channel of a workflow to a release',
  args: [
    ['<workflow>', 'short name, or `owner:name` where several have it'],
    ['<channel>', 'such as stable or canary; a new one is made'],
    ['<version>', 'the release'],
  ],
  options: authoringOptions,
  examples: [
    'headwater promote phishing-response stable 2.0.0',
    'headwater promote phishing-response canary 2.1.0 --pull-request',
    'headwater promote phishing-response stable 2.0.0 --dry-run',
  ],
  run: (call) => {
    const [name, channel, version] = call.args as [string, string, string]
    return applyEdits(call, {
      key: `promote/${name}/${channel}`,
      author: (state, textOf) => point(state, textOf, name, channel, version),
    })
  },
}
