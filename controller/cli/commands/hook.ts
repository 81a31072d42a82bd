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
  /** The push webhook of the tenant's own repository, where it has one. */
  readonly source?: { readonly url: string; readonly secret: string }
}

export const hook: Command = {
  name: 'hook',
  summary: 'where the alerts and webhooks of a tenant are delivered, and the secrets they are signed with',
  args: [['<tenant>', 'path of the tenant']],
  options: onlineOptions,
  examples: ['headwater hook acme/north/contoso', 'headwater hook acme/north/contoso -o json'],
  run: async (call) => {
    const { url, secret, webhooks, source } = await openApi(call).get<Hooks>(`/v1/hooks/${call.args[0]}`)
    if (call.out.isJson) call.out.json({ url, secret, webhooks, ...(source && { source }) })
    else {
      call.out.line(`url     ${url}`)
      call.out.line(`secret  ${secret}`)
      for (const webhook of webhooks) {
        call.out.line()
        call.out.line(`${webhook.workflow}/${webhook.trigger}`)
        call.out.line(`  url     ${webhook.url}`)
        call.out.line(`  secret  ${webhook.secret}`)
      }
      if (source) {
        call.out.line()
        call.out.line('push webhook of its own repository')
        call.out.line(`  url     ${source.url}`)
        call.out.line(`  secret  ${source.secret}`)
      }
      call.out.remark(
        'sign deliveries as in Standard Webhooks: headers webhook-id, webhook-timestamp, webhook-signature',
      )
    }
    return 0
  },
}
