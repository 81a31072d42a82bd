import { expect, test } from 'vitest'
import { checkExamples } from '../../controller/reconcile/check-examples.ts'
import { checkConnectors } from '../../controller/reconcile/check-connectors.ts'
import { type Files, resolveFiles } from '../fakes/fleet-files.ts'

function connector(action: string, request: string, output: string, auth = '{ scheme: bearer }'): Files {
  return {
    'connectors/vendors/falcon.yaml': `
apiVersion: headwater.dev/v1
kind: Connector
metadata: { name: falcon }
spec:
  vendor: Example
  product: Falcon
  auth: ${auth}
  actions:
    - action: ${action}
      requests:
        - { id: contain, method: POST, ${request}, example: { status: 202, body: {} } }
      output: ${output}
`,
  }
}

const isolate: Files = {
  'connectors/actions/isolate.yaml': `
apiVersion: headwater.dev/v1
kind: Action
metadata: { name: isolate }
spec:
  title: Isolate
  effect: contain
  input: { type: object }
  output: { type: object, required: [isolated], properties: { isolated: { type: boolean } } }
`,
}

const withAuth = (auth: string): Files => connector('isolate', 'path: /hosts', '{ isolated: true }', auth)

const cases: [string, Files, string[]][] = [
  ['a scheme without what it needs', withAuth('{ scheme: query }'), ['missing-field /spec/auth']],
  ['tokens from nowhere', withAuth('{ scheme: oauth2 }'), ['missing-field /spec/auth']],
  [
    'the address of tokens reads what is not there',
    withAuth("{ scheme: oauth2, tokenUrl: 'https://login.example/${{ input.x }}' }"),
    ['bad-expression /spec/auth'],
  ],
  ['what is right', connector('isolate', "path: '/hosts/${{ input.host }}'", '{ isolated: true }'), []],
  [
    'an action that is not declared',
    connector('isolte', 'path: /hosts', '{ isolated: true }'),
    ['unknown-action /spec/actions/[action=isolte]'],
  ],
  [
    'an output that is promised and not made',
    connector('isolate', 'path: /hosts', '{ done: true }'),
    ['missing-field /spec/actions/[action=isolate]/output'],
  ],
  [
    'a variable that is not there',
    connector('isolate', "path: '/hosts/${{ inputs.host }}'", '{ isolated: true }'),
    ['bad-expression /spec/actions/[action=isolate]/requests/[id=contain]/path'],
  ],
  [
    'an expression that cannot be read',
    connector('isolate', 'path: /hosts', "{ isolated: '${{ requests. }}' }"),
    ['bad-expression /spec/actions/[action=isolate]/output'],
  ],
]

const lookup = (request: string, found = '${{ true }}'): Files =>
  connector(
    'isolate',
    'path: /hosts',
    `{ isolated: true }\n      lookup: { requests: [${request}], found: '${found}', output: { isolated: true } }`,
  )
const get = '{ id: known, method: GET, path: /hosts, example: { status: 200, body: { up: true } } }'
const paged = (pages: string, method = 'GET'): Files =>
  lookup(
    `{ id: known, method: ${method}, path: /hosts, pages: ${pages}, example: { status: 200, body: { up: true } } }`,
  )
const at = '/spec/actions/[action=isolate]/lookup'

const more: [string, Files, string[]][] = [
  ['a lookup', lookup(get, '${{ requests.known.body.up && key != input.x }}'), []],
  [
    'a lookup that changes something',
    lookup(get.replace('GET', 'POST')),
    [`wrong-value ${at}/requests/[id=known]/method`],
  ],
  ['a lookup that reads what is not there', lookup(get, '${{ inputs.x }}'), [`bad-expression ${at}/found`]],
  ['pages by a link', paged('{ by: link, items: value }'), []],
  [
    'pages by a cursor from nowhere',
    paged('{ by: cursor, items: value, parameter: c }'),
    [`missing-field ${at}/requests/[id=known]/pages`],
  ],
  [
    'pages without a size',
    paged('{ by: page, items: value, parameter: p }'),
    [`missing-field ${at}/requests/[id=known]/pages`],
  ],
]

test.each([...cases, ...more])('%s', (_, files, expected) => {
  const found = checkConnectors(resolveFiles(isolate, files).fleet)
  expect(found.map(({ code, path }) => `${code} ${path}`)).toEqual(expected)
})

test.each([
  ['fits', connector('isolate', 'path: /hosts', '{ isolated: true }'), []],
  [
    'is of another type',
    connector('isolate', 'path: /hosts', "{ isolated: 'yes' }"),
    [
      '/spec/actions/[action=isolate]/output the recorded examples do not make the output: output/isolated must be boolean',
    ],
  ],
  [
    'reads what the example does not have',
    connector('isolate', 'path: /hosts', "{ isolated: '${{ requests.contain.body.done }}' }"),
    [expect.stringContaining('`output.isolated` cannot be filled')],
  ],
  [
    'of a lookup reads what its example does not have',
    connector(
      'isolate',
      'path: /hosts',
      `{ isolated: true }\n      lookup: { requests: [${get}], found: '\${{ true }}', output: { isolated: '\${{ requests.known.body.down }}' } }`,
    ),
    [expect.stringContaining('/lookup/output the recorded examples')],
  ],
])('the output that the recorded examples make %s', (_, files, expected) => {
  const found = checkExamples(resolveFiles(isolate, files).fleet)
  expect(found.map(({ path, message }) => `${path} ${message}`)).toEqual(expected)
})
