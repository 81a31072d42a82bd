import { share as hand } from '../../core/authoring/index.ts'
import { parseSelector } from '../../core/desired/index.ts'
import { problem } from '../../core/model/problems.ts'
import { applyEdits, authoringOptions } from '../apply-edits.ts'
import { type Command, CommandError, text } from '../command.ts'

export const share: Command = {
  name: 'share',
  summary: 'hand a workflow to every tenant that a tag expression selects, present and future',
  args: [['<workflow>', 'short name, or `owner:name` where several have it']],
  options: [
    ['--to <expression>', 'tag expression: `tier=gold,silver region=eu !industry=retail under:acme/north`'],
    ['--channel <channel>', 'channel to follow (default: stable)'],
    ['--range <range>', 'instead of a channel, the highest release in a range such as ^2.0.0'],
    [
      '--name <name>',
      'name of the share; a present one with the same tenants takes the workflow up (default: the workflow)',
    ],
    ['--owner <tenant>', 'the tenant in whose folder the share stands (default: the owner of the workflow)'],
    ['--read-only', 'the tenants may not change it'],
    ...authoringOptions,
  ],
  examples: [
    'headwater share block-indicator --to tier=silver',
    "headwater share offboard-user --to 'tier=gold under:acme/north' --channel canary --name north-early",
    'headwater share offboard-user --to tier=bronze --read-only --pull-request',
  ],
  run: async (call) => {
    const [name] = call.args as [string]
    const to = text(call, 'to')
    const [channel, range, shareName, owner] = ['channel', 'range', 'name', 'owner'].map((option) => text(call, option))
    if (to === undefined) throw new CommandError(problem('missing-field', 'say to whom: --to <expression>'), 2)
    const selector = parseSelector(to)
    if (typeof selector === 'string') throw new CommandError(problem('wrong-value', selector), 2)
    if (channel !== undefined && range !== undefined)
      throw new CommandError(problem('wrong-value', '`--channel` and `--range` exclude each other'), 2)
    const options = {
      to,
      ...(channel !== undefined && { channel }),
      ...(range !== undefined && { range }),
      ...(shareName !== undefined && { name: shareName }),
      ...(owner !== undefined && { owner }),
      readOnly: call.options['readOnly'] === true,
    }
    return applyEdits(call, {
      key: `share/${owner === undefined ? '' : `${owner}/`}${shareName ?? name}`,
      author: (state, textOf) => hand(state, textOf, name, options),
    })
  },
}
