import type { Random } from './generate-fleet-random.ts'

/**
 * About fifteen steps. Releases differ in `events.hours`, `scan.retry`, `notify.text` and the step `verify`, overlays never
 * touch those.
 */
export function stepsText(name: string, threshold: number, version: string, random: Random): string {
  const isNewest = !version.startsWith('1.')
  const optional = new Set(random.some(Object.keys(optionalSteps), 3))
  const extra = (id: keyof typeof optionalSteps): string => (optional.has(id) ? optionalSteps[id] : '')
  return `    - id: endpoint
      name: Which endpoint is it?
      action: get_endpoint
      with:
        hostname: \${{ inputs.hostname }}
    - id: account
      name: Whose account is it?
      action: get_user
      with:
        user: \${{ inputs.user }}
    - id: events
      name: What else was seen?
      action: search_logs
      with:
        value: \${{ inputs.hostname }}
        hours: ${version === '1.0.0' ? 24 : 72}
    - id: facts
      name: Weigh what is known
      set:
        noisy: \${{ steps.events.outputs.count > ${threshold} }}
        precious: \${{ has(tenant.values.crown_jewels) && inputs.hostname in tenant.values.crown_jewels }}
    - id: ticket
      name: Open a ticket
      action: create_ticket
      with:
        title: '${name} on \${{ inputs.hostname }}'
        description: \${{ tenant.displayName }}, account \${{ inputs.user }}
        priority: "\${{ steps.facts.outputs.precious ? 'urgent' : 'high' }}"
        category: security
        key: ${name}/\${{ inputs.hostname }}
${extra('tell_first')}    - id: sure
      name: Is it worth the trouble?
      if: \${{ steps.facts.outputs.precious }}
      then:
        - id: ask
          name: Ask an analyst
          approval:
            message: Isolate \${{ inputs.hostname }} of \${{ tenant.displayName }}?
          onError: continue
    - id: isolate
      name: Cut the endpoint off
      if: \${{ steps.facts.outputs.noisy }}
      action: isolate_endpoint
      with:
        hostname: \${{ inputs.hostname }}
        reason: ticket \${{ steps.ticket.outputs.ticket_id }}
      timeoutSeconds: 60
    - id: scan
      name: Scan it
      action: scan_endpoint
      with:
        hostname: \${{ inputs.hostname }}
${version === '1.0.0' ? '' : '      retry: { attempts: 5, delaySeconds: 10 }\n'}      onError: continue
${extra('lock')}${extra('sign_out')}${extra('block')}${extra('look_again')}    - id: result
      name: Sum up
      set:
        contained: \${{ has(steps.isolate.outputs.status) }}
    - id: record
      name: Write it into the ticket
      action: update_ticket
      with:
        ticket_id: \${{ steps.ticket.outputs.ticket_id }}
        note: 'Contained: \${{ steps.result.outputs.contained }}'
        status: open
${isNewest ? verify : ''}    - id: notify
      name: Tell the analysts
      action: notify_team
      with:
        channel: \${{ tenant.values.soc_channel }}
        title: '${name} at \${{ tenant.displayName }}'
        text: ${isNewest ? '' : 'Ticket '}\${{ steps.ticket.outputs.ticket_id }}
`
}

const optionalSteps = {
  tell_first: `    - id: tell_first
      name: Say that it begins
      action: notify_team
      with:
        channel: \${{ tenant.values.soc_channel }}
        title: 'Working on \${{ inputs.hostname }}'
        text: Ticket \${{ steps.ticket.outputs.ticket_id }}
`,
  lock: `    - id: lock
      name: Lock the account
      if: \${{ steps.facts.outputs.noisy }}
      action: disable_user
      with:
        user: \${{ inputs.user }}
        reason: ticket \${{ steps.ticket.outputs.ticket_id }}
`,
  sign_out: `    - id: sign_out
      name: End all sessions
      if: \${{ steps.facts.outputs.noisy }}
      action: revoke_sessions
      with:
        user: \${{ inputs.user }}
`,
  block: `    - id: block
      name: Block the host everywhere
      if: \${{ steps.facts.outputs.noisy }}
      action: block_indicator
      with:
        value: \${{ inputs.hostname }}
        reason: ticket \${{ steps.ticket.outputs.ticket_id }}
`,
  look_again: `    - id: look_again
      name: Is it quiet now?
      action: search_logs
      with:
        value: \${{ inputs.user }}
        hours: 1
`,
} as const

const verify = `    - id: verify
      name: Look once more
      action: get_endpoint
      with:
        hostname: \${{ inputs.hostname }}
`
