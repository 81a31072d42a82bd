import { expect, test } from 'vitest'
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

test.each(cases)('%s', (_, files, expected) => {
  const found = checkConnectors(resolveFiles(isolate, files).fleet)
  expect(found.map(({ code, path }) => `${code} ${path}`)).toEqual(expected)
})
