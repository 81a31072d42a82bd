import { secretsFile } from '../core/desired/layout.ts'
import type { BoundConnection } from '../core/model/effective.ts'
import { openSecrets, SecretError } from '../io/secrets/index.ts'

/** Secrets of connections, out of the commit in force: a run that began earlier gets the one that holds now. */
export interface FleetSecrets {
  secretOf(connection: BoundConnection): Promise<string | null>
  /** To be called when another commit is in force: with the files that are others in it. */
  changed(files: readonly string[] | 'all'): void
}

/** A secrets file, encrypted. */
interface Sealed {
  readonly oid: string
  /** Undefined where the file has changed on disk since. */
  readonly bytes: Uint8Array | undefined
}

/** Files that are kept, encrypted as they are: whoever reads them may be busy, or gone. */
const kept = 2_000

/** A connection is inherited with its secret: the file is that of the tenant that declares it. */
export function fleetSecrets(
  read: (file: string) => Promise<Sealed | undefined>,
  identities: readonly string[],
): FleetSecrets {
  const open = openSecrets(identities)
  const files = new Map<string, Promise<Sealed | undefined>>()
  const sealed = async (file: string): Promise<Sealed | undefined> => {
    const reading = files.get(file) ?? read(file)
    files.delete(file)
    files.set(file, reading)
    if (files.size > kept) files.delete(files.keys().next().value ?? file)
    const found = await reading.catch(() => undefined)
    if (!found?.bytes && files.get(file) === reading) files.delete(file)
    return reading
  }
  return {
    secretOf: async ({ owner, secret }) => {
      if (secret === undefined) return null
      const file = secretsFile(owner)
      const found = await sealed(file)
      if (!found)
        throw new SecretError('secret-missing', file, `there is no such file, and \`${secret}\` is wanted from it`)
      const { oid, bytes } = found
      return open({ file, oid, read: () => Promise.resolve(bytes) }, secret)
    },
    changed: (changed) => {
      if (changed === 'all') files.clear()
      else for (const file of changed) files.delete(file)
    },
  }
}
