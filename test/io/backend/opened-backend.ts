import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { EmbeddedBackend, type EmbeddedBackendOptions } from '../../../controller/io/backend/embedded-backend.ts'
import { openStore, type Store } from '../../../controller/io/store/open-store.ts'
import type { OpenedBackend } from '../../conformance/watch-runs.ts'
import type { VendorCall } from './fake-vendor.ts'
import { fakeVendor } from './fake-vendor-path.ts'

export interface OpenedEmbedded extends OpenedBackend {
  readonly backend: EmbeddedBackend
  readonly store: Store
  readonly folder: string
  readonly calls: () => VendorCall[]
}

/** The embedded backend on a store in a temporary folder, with the fake vendor. */
export async function openEmbedded(
  options: Partial<EmbeddedBackendOptions> = {},
  folder = temporaryFolder(),
): Promise<OpenedEmbedded> {
  const store = openStore(folder)
  const log = join(folder, 'calls.log')
  const backend = new EmbeddedBackend({
    journal: store,
    performModule: fakeVendor,
    hostsFile: join(folder, 'hosts'),
    hosts: 1,
    performOptions: { log },
    secretOf: async ({ secret }) => `secret of ${secret}`,
    ...options,
  })
  onTestFinished(async () => {
    await backend.close()
    store.close()
  })
  const reopen = async () => {
    await backend.close()
    store.close()
    const opened = await openEmbedded(options, folder)
    await opened.backend.resume()
    return opened
  }
  return { backend, store, folder, calls: () => callsIn(log), reopen }
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-backend-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function callsIn(log: string): VendorCall[] {
  if (!existsSync(log)) return []
  const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as VendorCall)
}
