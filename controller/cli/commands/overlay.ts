import { isRefusal, overlayFrom, receivedWorkflow } from '../../core/authoring/index.ts'
import { applyEdits, authoringOptions } from '../apply-edits.ts'
import { type Command, text } from '../command.ts'
import { readGiven } from '../read-given.ts'

export const overlay: Command = {
  name: 'overlay',
  summary:
    'write the overlay that makes of a workflow what an edited copy says; without a copy, an empty one to start from',
  args: [
    ['<tenant>', 'path of the tenant'],
    ['<workflow>', 'one of its workflows'],
  ],
  options: [
    ['--from <file>', 'a full copy, such as `headwater render` prints, with the changes made in it'],
    ...authoringOptions,
  ],
  examples: [
    'headwater overlay acme/north/contoso user-lockout',
    'headwater render acme/north/contoso user-lockout > copy.yaml',
    'headwater overlay acme/north/contoso user-lockout --from copy.yaml --commit',
  ],
  run: (call) => {
    const [tenant, name] = call.args as [string, string]
    const from = text(call, 'from')
    const copy = from === undefined ? undefined : { file: from, text: readGiven(call, from) }
    let isReceived = false
    return applyEdits(call, {
      key: `overlay/${tenant}/${name}`,
      author: (state, textOf) => {
        isReceived = !isRefusal(receivedWorkflow(state, tenant, name))
        return overlayFrom(state, textOf, tenant, name, copy)
      },
      // There is nothing to explain at a tenant that only hands the workflow down.
      next: () => (isReceived ? [`explain ${tenant} ${name}`] : []),
    })
  },
}
