/**
 * A small fleet to start from: one provider, one customer, and one workflow that they share, with one file of every
 * kind that a first fleet needs. `newUid` makes the identities of its two tenants.
 */
export function starterFleet(newUid: () => string): ReadonlyMap<string, string> {
  return new Map([
    ['.gitignore', '.headwater/\n'],
    ['README.md', readme],
    ['connectors/actions/isolate_endpoint.yaml', action],
    ['connectors/vendors/example-edr.yaml', connector],
    ['policies/shares/everybody.yaml', share],
    ['tenants/provider/tenant.yaml', tenant('provider', newUid(), 'Example Provider', 'msp: example', provider)],
    [
      'tenants/provider/customer-one/tenant.yaml',
      tenant('customer-one', newUid(), 'Example Customer One', 'tier: gold', customer),
    ],
    ['tenants/provider/customer-one/connections/edr.yaml', connection],
    ['tenants/provider/customer-one/overlays/suspicious-host.yaml', overlay],
    ['workflows/suspicious-host/channels.yaml', channels],
    ['workflows/suspicious-host/releases/1.0.0.yaml', workflow],
    ['workflows/suspicious-host/tests/ordinary-host.yaml', test],
    ['workflows/suspicious-host/workflow.yaml', workflow],
  ])
}

const readme = `# A Headwater fleet

Desired state of all tenants, as files. \`headwater validate\` says what is wrong, \`headwater render provider/customer-one\`
shows what a customer runs, \`headwater explain provider/customer-one suspicious-host\` says which file decided it.

* \`tenants/\` one folder for each tenant; below it its \`connections/\` and \`overlays/\`
* \`workflows/\` shared workflows with their frozen \`releases/\`, \`channels.yaml\` and \`tests/\`
* \`connectors/\` the actions workflows may use, and the products that perform them
* \`policies/\` who receives what
`

const provider = `  values:
    soc_channel: soc
  timezone: Europe/London
`

const customer = `  values:
    domain: customer-one.example
    crown_jewels: [DC-01]
`

function tenant(name: string, uid: string, displayName: string, tag: string, rest: string): string {
  return `apiVersion: headwater.dev/v1
kind: Tenant
metadata:
  name: ${name}
  uid: ${uid}
spec:
  displayName: ${displayName}
  tags:
    ${tag}
${rest}`
}

const action = `apiVersion: headwater.dev/v1
kind: Action
metadata: { name: isolate_endpoint }
spec:
  title: Isolate an endpoint from the network
  effect: contain
  input:
    type: object
    additionalProperties: false
    required: [hostname, reason]
    properties:
      hostname: { type: string, description: Host name of the endpoint. }
      reason: { type: string, description: Why. }
  output:
    type: object
    required: [endpoint_id, status]
    properties:
      endpoint_id: { type: string, description: Identity of the endpoint in the product. }
      status: { type: string, enum: [isolated, pending], description: State after the call. }
`

const connector = `apiVersion: headwater.dev/v1
kind: Connector
metadata: { name: example-edr }
spec:
  vendor: Example
  product: Endpoint protection
  auth: { scheme: bearer }
  rateLimit: { requests: 60, perSeconds: 60 }
  actions:
    - action: isolate_endpoint
      idempotent: true
      requests:
        - id: isolate
          method: POST
          path: /v1/endpoints/\${{ input.hostname }}/isolation
          body:
            comment: \${{ input.reason }}
          # A recorded answer: the sandbox gives it when nothing real is to be called.
          example:
            status: 200
            body: { id: endpoint-17, state: isolated }
      output:
        endpoint_id: \${{ requests.isolate.body.id }}
        status: \${{ requests.isolate.body.state }}
      errors:
        - { status: 404, as: fail, message: The product does not know this host. }
`

const share = `apiVersion: headwater.dev/v1
kind: Share
metadata: { name: everybody }
spec:
  workflows:
    - { name: suspicious-host, channel: stable }
  to:
    tags: { tier: [gold, silver] }
`

const connection = `apiVersion: headwater.dev/v1
kind: Connection
metadata: { name: edr }
spec:
  connector: example-edr
  baseUrl: https://edr.customer-one.example
  secret: edr-token
`

const overlay = `apiVersion: headwater.dev/v1
kind: Overlay
metadata: { name: suspicious-host }
spec:
  workflow: suspicious-host
  base: 1.0.0
  # What this customer wants otherwise; everything else follows the workflow.
  patch:
    minutesSaved: 20
    steps:
      - id: isolate
        timeoutSeconds: 120
`

const channels = `apiVersion: headwater.dev/v1
kind: Channels
metadata: { name: suspicious-host }
spec:
  channels:
    stable: 1.0.0
`

const workflow = `apiVersion: headwater.dev/v1
kind: Workflow
metadata: { name: suspicious-host }
spec:
  version: 1.0.0
  title: Suspicious host
  description: |
    Cuts a host off from the network. A host that the customer cannot do without waits for an analyst.
  minutesSaved: 15
  triggers:
    - id: alert
      type: alert
      match: \${{ trigger.alert.type == 'suspicious-host' }}
      inputs:
        hostname: \${{ trigger.alert.hostname }}
    - id: by_hand
      type: manual
  inputs:
    required: [hostname]
    properties:
      hostname: { type: string, description: Host the alert came from. }
  steps:
    - id: facts
      name: Weigh what is known
      set:
        precious: \${{ has(tenant.values.crown_jewels) && inputs.hostname in tenant.values.crown_jewels }}
    - id: sure
      name: Is it worth the trouble?
      if: \${{ steps.facts.outputs.precious }}
      then:
        - id: ask
          name: Ask an analyst
          approval:
            message: Isolate \${{ inputs.hostname }} of \${{ tenant.displayName }}?
    - id: isolate
      name: Cut the host off
      action: isolate_endpoint
      with:
        hostname: \${{ inputs.hostname }}
        reason: Suspicious behaviour
  outputs:
    status: \${{ steps.isolate.outputs.status }}
`

const test = `apiVersion: headwater.dev/v1
kind: WorkflowTest
metadata: { name: ordinary-host }
spec:
  title: A host that nobody would miss is isolated without a question
  alert: { type: suspicious-host, hostname: LAPTOP-7 }
  values: { crown_jewels: [DC-01] }
  answers:
    - step: isolate
      outputs: { endpoint_id: endpoint-17, status: isolated }
  expect:
    outcome: succeeded
    path: [facts, isolate]
    calls:
      - step: isolate
        with: { hostname: LAPTOP-7, reason: Suspicious behaviour }
    outputs: { status: isolated }
`
