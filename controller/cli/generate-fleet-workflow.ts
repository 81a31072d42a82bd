import { createRandom } from './generate-fleet-random.ts'
import { stepsText } from './generate-fleet-steps.ts'

/**
 * The releases of a generated workflow, oldest first. Each changes other fields than overlays do, so that a tenant
 * written against an older one follows by a merge that never conflicts.
 */
export const generatedReleases = ['1.0.0', '1.1.0', '2.0.0'] as const
export type GeneratedRelease = (typeof generatedReleases)[number]

/** What the next release will be. */
const headVersion = '2.1.0'

const known = [
  ['baseline-security', 'Baseline security'],
  ['account-takeover', 'Account takeover'],
  ['backup-failure', 'Backup failure'],
  ['beaconing-host', 'Beaconing host'],
  ['card-data-exposure', 'Card data exposure'],
  ['certificate-expiry', 'Certificate expiry'],
  ['clinic-record-access', 'Clinic record access'],
  ['cloud-key-leak', 'Cloud key leak'],
  ['credential-stuffing', 'Credential stuffing'],
  ['data-exfiltration', 'Data exfiltration'],
  ['insider-download', 'Insider download'],
  ['lateral-movement', 'Lateral movement'],
  ['lost-device', 'Lost device'],
  ['macro-document', 'Macro document'],
  ['mail-forwarding-rule', 'Mail forwarding rule'],
  ['plant-network-scan', 'Plant network scan'],
  ['privilege-escalation', 'Privilege escalation'],
  ['rogue-admin', 'Rogue administrator'],
  ['shadow-service', 'Shadow service'],
  ['web-shell', 'Web shell'],
] as const

/** Names of the generated workflows; the first is the one that everybody receives. */
export function workflowNames(count: number): string[] {
  return Array.from({ length: count }, (_, at) => known[at]?.[0] ?? `generated-response-${at + 1}`)
}

/** The release a channel of the workflow points to. */
export function releaseOf(workflow: string, channel: 'stable' | 'canary'): GeneratedRelease {
  // Half of the workflows have promoted their newest release; the one of everybody still has that before it.
  const isPromoted = workflow !== known[0][0] && workflow.length % 2 === 0
  return channel === 'canary' || isPromoted ? '2.0.0' : '1.1.0'
}

/** All files of one workflow: head, releases and channels. */
export function* generateWorkflow(name: string, seed: number): Generator<readonly [path: string, text: string]> {
  const at = `workflows/${name}`
  yield [`${at}/channels.yaml`, channelsText(name, releaseOf(name, 'stable'))]
  for (const release of generatedReleases) yield [`${at}/releases/${release}.yaml`, workflowText(name, seed, release)]
  yield [`${at}/workflow.yaml`, workflowText(name, seed, headVersion)]
}

export function channelsText(name: string, stable: GeneratedRelease): string {
  return `apiVersion: headwater.dev/v1
kind: Channels
metadata: { name: ${name} }
spec:
  channels:
    canary: ${releaseOf(name, 'canary')}
    stable: ${stable}
`
}

function workflowText(name: string, seed: number, version: string): string {
  const title = known.find(([id]) => id === name)?.[1] ?? name
  // The dice fall alike for every release of a workflow: only `version` tells them apart.
  const random = createRandom(seed + hashOf(name))
  const threshold = 2 + random.below(20)
  return `apiVersion: headwater.dev/v1
kind: Workflow
metadata:
  name: ${name}
spec:
  version: ${version}
  title: ${title}
  description: |
    Generated response to alerts of the type ${name}: looks up, asks, contains and reports.
    ${version === headVersion ? 'The wording of this text is all that is new.' : 'Every product it speaks to is invented.'}
  minutesSaved: ${5 + random.below(50)}
  triggers:
    - id: alert
      type: alert
      match: \${{ trigger.alert.type == '${name}' }}
      inputs:
        hostname: \${{ trigger.alert.hostname }}
        user: \${{ trigger.alert.user }}
    - id: by_hand
      type: manual
  inputs:
    required: [hostname, user]
    properties:
      hostname: { type: string, description: Host the alert came from. }
      user: { type: string, description: Account that was signed in. }
  steps:
${stepsText(name, threshold, version, random)}  outputs:
    ticket_id: \${{ steps.ticket.outputs.ticket_id }}
    contained: \${{ steps.result.outputs.contained }}
  locks:
    - { path: '/spec/steps/[id=sure]', mode: subtree, message: A person is asked in doubt. }
`
}

function hashOf(text: string): number {
  let hash = 0
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  return hash
}
