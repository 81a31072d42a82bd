import { clone as copy } from '../../core/authoring/index.ts'
import { applyEdits, authoringOptions } from '../apply-edits.ts'
import type { Command } from '../command.ts'

export const clone: Command = {
  name: 'clone',
  summary: 'give a tenant a full copy of a workflow of its own, exactly as it has it now',
  args: [
    ['<workflow>', 'one of the tenant’s workflows'],
    ['<tenant>', 'path of the tenant'],
  ],
  options: authoringOptions,
  examples: [
    'headwater clone phishing-response acme/north/contoso',
    'headwater clone phishing-response acme/north/contoso --dry-run',
    'headwater clone phishing-response acme/north/contoso --commit "Contoso maintains its own phishing response"',
  ],
  run: (call) => {
    const [name, tenant] = call.args as [string, string]
    return applyEdits(call, {
      key: `clone/${tenant}/${name}`,
      author: (state, textOf) => copy(state, textOf, name, tenant),
    })
  },
}
