import { onlineOptions, openApi } from '../api-client.ts'
import type { Command } from '../command.ts'

interface Hooks {
  readonly url: string
  readonly secret: string
  readonly webhooks: readonly {
    readonly workflow: string
    readonly trigger: string
    readonly url: string
    readonly secret: string
  }[]
}

export const hook: Command = {
  name: 'hook',
  summary: 'where the alerts and webhooks of a tenant are delivered, and the secrets they are signed with',
  args: [['<tenant>', 'path of the tenant']],
  options: onlineOptions,
  examples: ['headwater hook acme/north/contoso', 'headwater hook acme/north/contoso -o json'],
  run: async (call) => {
    const { url, secret, webhooks } = await openApi(call).get<Hooks>(`/v1/hooks/${call.args[0]}`)
    if (call.out.isJson) call.out.json({ url, secret, webhooks })
    else {
      call.out.line(`url     ${url}`)
      call.out.line(`secret  ${secret}`)
      for (const webhook of webhooks) {
        call.out.line()
        call.out.line(`${webhook.workflow}/${webhook.trigger}`)
        call.out.line(`  url     ${webhook.url}`)
        call.out.line(`  secret  ${webhook.secret}`)
      }
      call.out.remark(
        'sign deliveries as in Standard Webhooks: headers webhook-id, webhook-timestamp, webhook-signature',
      )
    }
    return 0
  },
}
