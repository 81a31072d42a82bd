import { secretsFile } from '../core/desired/layout.ts'
import type { BoundConnection } from '../core/model/effective.ts'
import type { Snapshot } from '../core/model/snapshot.ts'
import type { FleetSource } from '../io/git/index.ts'
import { openSecrets, SecretError } from '../io/secrets/index.ts'

/** The secret of a connection, out of the commit in force: a run that began earlier gets the one that holds now. */
export type SecretOf = (connection: BoundConnection) => Promise<string | null>

/** A connection is inherited with its secret: the file is that of the tenant that declares it. */
export function fleetSecrets(
  source: FleetSource,
  inForce: () => Snapshot | undefined,
  identities: readonly string[],
): SecretOf {
  const open = openSecrets(identities)
  return async ({ owner, secret }) => {
    if (secret === undefined) return null
    const file = secretsFile(owner)
    const entry = inForce()?.files.get(file)
    if (!entry)
      throw new SecretError('secret-missing', file, `there is no such file, and \`${secret}\` is wanted from it`)
    const { oid } = entry
    return open({ file, oid, read: async () => (await source.read([oid])).get(oid) }, secret)
  }
}
