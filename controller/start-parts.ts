import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { startServer } from './api/server.ts'
import type { ProblemCode } from './core/model/problems.ts'
import { openStore, type Store } from './io/store/open-store.ts'
import { StoreError } from './io/store/store-error.ts'

/** What stands in the way of starting, as a problem with a next step. */
class StartError extends Error {
  readonly code: ProblemCode

  constructor(code: ProblemCode, cause: Error, message = cause.message) {
    super(message, { cause })
    this.code = code
  }
}

export function openState(folder: string, onTrouble: (tenantUid: string, error: unknown) => void): Store {
  try {
    return openStore(folder, { onTrouble, fillsLog: true })
  } catch (thrown) {
    if (!(thrown instanceof StoreError)) throw thrown
    throw new StartError(thrown.code === 'locked' ? 'state-locked' : 'state-unusable', thrown)
  }
}

export async function listen(options: Parameters<typeof startServer>[0]): ReturnType<typeof startServer> {
  try {
    return await startServer(options)
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE')
      throw new StartError('port-taken', thrown, `port ${options.port} of ${options.host} is taken`)
    throw thrown
  }
}

/** A secret of this installation, made at the first start, readable by its user alone. */
export function secretFile(path: string, make: () => string): string {
  if (!existsSync(path)) writeFileSync(path, `${make()}\n`, { mode: 0o600, flag: 'wx' })
  chmodSync(path, 0o600)
  return readFileSync(path, 'utf8').trim()
}

export function addressFile(path: string, url: string): string {
  writeFileSync(path, `${url}\n`, { mode: 0o600 })
  return path
}
