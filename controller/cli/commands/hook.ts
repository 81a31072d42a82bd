import { onlineOptions, openApi } from '../api-client.ts'
import type { Command } from '../command.ts'

export const hook: Command = {
  name: 'hook',
  summary: 'where the alerts of a tenant are delivered, and the secret they are signed with',
  args: [['<tenant>', 'path of the tenant']],
  options: onlineOptions,
  examples: ['headwater hook acme/north/contoso', 'headwater hook acme/north/contoso -o json'],
  run: async (call) => {
    const { url, secret } = await openApi(call).get<{ url: string; secret: string }>(`/v1/hooks/${call.args[0]}`)
    if (call.out.isJson) call.out.json({ url, secret })
    else {
      call.out.line(`url     ${url}`)
      call.out.line(`secret  ${secret}`)
      call.out.remark(
        'sign deliveries as in Standard Webhooks: headers webhook-id, webhook-timestamp, webhook-signature',
      )
    }
    return 0
  },
}
