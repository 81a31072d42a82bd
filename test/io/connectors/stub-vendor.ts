import { createServer as createPlainServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { BoundConnection } from '../../../controller/core/model/effective.ts'
import type { Connector } from '../../../controller/core/model/generated/kinds.ts'
import { certificate, privateKey } from './certificate.ts'

export interface StubVendor {
  readonly port: number
  readonly seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[]
  close(): Promise<void>
}

/** A vendor on the loopback interface that answers as told, over TLS as vendor.test or in plain text. */
export async function stubVendor(listener: RequestListener, options: { tls: boolean }): Promise<StubVendor> {
  const seen: StubVendor['seen'] = []
  const handle: RequestListener = (request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
      listener(request, response)
    })
  }
  const server = options.tls
    ? createTlsServer({ cert: certificate, key: privateKey }, handle)
    : createPlainServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export function connectionTo(baseUrl: string, rest: Partial<BoundConnection> = {}): BoundConnection {
  return {
    name: 'edr',
    owner: 'acme',
    connector: 'stub',
    connectorDigest: '0'.repeat(64),
    baseUrl,
    allowedOrigins: [],
    settings: {},
    ...rest,
  }
}

/** A connector with one action of one request, changed as the test needs. */
export function connectorWith(
  request: Partial<Connector['spec']['actions'][number]['requests'][number]>,
  action: Partial<Connector['spec']['actions'][number]> = {},
  auth: Connector['spec']['auth'] = { scheme: 'bearer' },
): Connector['spec'] {
  return {
    vendor: 'Stub',
    product: 'Stub EDR',
    auth,
    actions: [
      {
        action: 'isolate_endpoint',
        requests: [
          { id: 'isolate', method: 'POST', path: '/isolate', example: { status: 200, body: { id: 'x' } }, ...request },
        ],
        output: { id: '${{ requests.isolate.body.id }}' },
        ...action,
      },
    ],
  }
}
