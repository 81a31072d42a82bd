type GeneratedFile = readonly [path: string, text: string]

interface ActionShape {
  readonly connector: string
  readonly effect: 'read' | 'contain' | 'destructive'
  readonly title: string
  readonly undo?: string
  /** Required inputs and outputs by name, each with its JSON Schema type. */
  readonly input: Readonly<Record<string, string>>
  readonly output: Readonly<Record<string, string>>
}

const actions: Readonly<Record<string, ActionShape>> = {
  get_endpoint: {
    connector: 'endpoint',
    effect: 'read',
    title: 'Look up an endpoint',
    input: { hostname: 'string' },
    output: { endpoint_id: 'string', status: 'string', owner: 'string' },
  },
  isolate_endpoint: {
    connector: 'endpoint',
    effect: 'contain',
    title: 'Isolate an endpoint',
    undo: 'release_endpoint',
    input: { hostname: 'string', reason: 'string' },
    output: { endpoint_id: 'string', status: 'string' },
  },
  release_endpoint: {
    connector: 'endpoint',
    effect: 'contain',
    title: 'Release an endpoint',
    input: { hostname: 'string' },
    output: { endpoint_id: 'string', status: 'string' },
  },
  scan_endpoint: {
    connector: 'endpoint',
    effect: 'contain',
    title: 'Scan an endpoint',
    input: { hostname: 'string' },
    output: { scan_id: 'string', status: 'string' },
  },
  get_user: {
    connector: 'identity',
    effect: 'read',
    title: 'Look up a user',
    input: { user: 'string' },
    output: { user_id: 'string', enabled: 'boolean' },
  },
  disable_user: {
    connector: 'identity',
    effect: 'contain',
    title: 'Disable a user',
    input: { user: 'string', reason: 'string' },
    output: { user_id: 'string', status: 'string' },
  },
  revoke_sessions: {
    connector: 'identity',
    effect: 'destructive',
    title: 'End all sessions of a user',
    input: { user: 'string' },
    output: { user_id: 'string', status: 'string' },
  },
  search_logs: {
    connector: 'logs',
    effect: 'read',
    title: 'Search the logs',
    input: { value: 'string', hours: 'integer' },
    output: { count: 'integer' },
  },
  block_indicator: {
    connector: 'logs',
    effect: 'contain',
    title: 'Block an indicator',
    input: { value: 'string', reason: 'string' },
    output: { indicator_id: 'string', status: 'string' },
  },
  create_ticket: {
    connector: 'desk',
    effect: 'contain',
    title: 'Open a ticket',
    input: { title: 'string', description: 'string', priority: 'string', category: 'string', key: 'string' },
    output: { ticket_id: 'string' },
  },
  update_ticket: {
    connector: 'desk',
    effect: 'contain',
    title: 'Write into a ticket',
    input: { ticket_id: 'string', note: 'string', status: 'string' },
    output: { ticket_id: 'string', status: 'string' },
  },
  notify_team: {
    connector: 'desk',
    effect: 'contain',
    title: 'Notify a team',
    input: { channel: 'string', title: 'string', text: 'string' },
    output: { status: 'string' },
  },
}

/** Two makers of endpoint protection, so that a connection further down has something to replace. */
const connectors: Readonly<Record<string, string>> = {
  'example-endpoint': 'endpoint',
  'other-endpoint': 'endpoint',
  'example-identity': 'identity',
  'example-logs': 'logs',
  'example-desk': 'desk',
}

const examples: Readonly<Record<string, string>> = { string: 'example', boolean: 'true', integer: '3' }

/** The universal actions of a generated fleet, and the invented products that perform them. */
export function* generateLibrary(): Generator<GeneratedFile> {
  for (const name of Object.keys(actions).sort()) yield [`connectors/actions/${name}.yaml`, actionText(name)]
  for (const name of Object.keys(connectors).sort()) yield [`connectors/vendors/${name}.yaml`, connectorText(name)]
}

function actionText(name: string): string {
  const { title, effect, undo, input, output } = actions[name] as ActionShape
  return `apiVersion: headwater.dev/v1
kind: Action
metadata: { name: ${name} }
spec:
  title: ${title}
  effect: ${effect}
${undo === undefined ? '' : `  undo: ${undo}\n`}  input:
${objectSchema(input, '    additionalProperties: false\n')}  output:
${objectSchema(output, '')}`
}

function objectSchema(fields: Readonly<Record<string, string>>, more: string): string {
  const properties = Object.entries(fields).map(([name, type]) => `      ${name}: { type: ${type} }\n`)
  return `    type: object
${more}    required: [${Object.keys(fields).join(', ')}]
    properties:
${properties.join('')}`
}

function connectorText(name: string): string {
  const offered = Object.keys(actions).filter((action) => actions[action]?.connector === connectors[name])
  return `apiVersion: headwater.dev/v1
kind: Connector
metadata: { name: ${name} }
spec:
  vendor: Generated
  product: ${name}
  auth: { scheme: bearer }
  rateLimit: { requests: 100, perSeconds: 60 }
  actions:
${offered.map(offerText).join('')}`
}

function offerText(action: string): string {
  const { effect, input, output } = actions[action] as ActionShape
  const isRead = effect === 'read'
  const fields = Object.keys(input).map((field) => `            ${field}: \${{ input.${field} }}\n`)
  const answer = Object.entries(output).map(([field, type]) => `${field}: ${examples[type]}`)
  const outputs = Object.keys(output).map((field) => `        ${field}: \${{ requests.call.body.${field} }}\n`)
  return `    - action: ${action}
      idempotent: ${isRead}
      requests:
        - id: call
          method: ${isRead ? 'GET' : 'POST'}
          path: /v1/${action.replaceAll('_', '-')}
          ${isRead ? 'query' : 'body'}:
${fields.join('')}          example:
            status: 200
            body: { ${answer.join(', ')} }
      output:
${outputs.join('')}`
}
