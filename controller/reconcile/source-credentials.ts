import { secretsFile } from '../core/desired/layout.ts'
import { parentPath } from '../core/model/names.ts'
import type { Snapshot } from '../core/model/snapshot.ts'
import type { FleetSource } from '../io/git/index.ts'
import { openSecrets, readSopsFile, SecretError } from '../io/secrets/index.ts'

/**
 * What opens tenants' own repositories: for `acme/north` the secret `source-north` of `acme`. The name is not for
 * tenant.yaml to choose, or whoever may write one could have any secret of those above sent to a host of his own.
 */
export class SourceCredentials {
  readonly #base: FleetSource
  readonly #open: () => Promise<ReturnType<typeof openSecrets>>
  /** By blob id, the names in a secrets file. */
  #names = new Map<string, ReadonlySet<string>>()
  #snapshot: Snapshot | undefined

  constructor(base: FleetSource, identities: () => Promise<readonly string[]>) {
    this.#base = base
    let opened: ReturnType<typeof openSecrets> | undefined
    this.#open = async () => (opened ??= openSecrets(await identities()))
  }

  /** The tenant itself, where there is a secret for its repository. */
  async of(tenant: string, snapshot: Snapshot): Promise<string | undefined> {
    this.#snapshot = snapshot
    const { file, name } = secretFor(tenant)
    const oid = snapshot.files.get(file)?.oid
    if (oid === undefined) return undefined
    const names = this.#names.get(oid) ?? (await this.#namesIn(file, oid))
    return names.has(name) ? tenant : undefined
  }

  /** Throws SecretError where it cannot be opened. */
  async token(tenant: string): Promise<string> {
    const { file, name } = secretFor(tenant)
    const oid = this.#snapshot?.files.get(file)?.oid
    if (oid === undefined)
      throw new SecretError('secret-missing', file, `there is no such file, and \`${name}\` is wanted from it`)
    const open = await this.#open()
    return open({ file, oid, read: async () => (await this.#base.read([oid])).get(oid) }, name)
  }

  /** A file that cannot be read has none: its owner is told so where it is checked. */
  async #namesIn(file: string, oid: string): Promise<ReadonlySet<string>> {
    const bytes = (await this.#base.read([oid])).get(oid)
    // It changed meanwhile, and the next snapshot has it.
    if (!bytes) return new Set()
    const names = new Set<string>()
    try {
      for (const name of readSopsFile(file, bytes).names) names.add(name)
    } catch (thrown) {
      if (!(thrown instanceof SecretError)) throw thrown
    }
    if (this.#names.size > 1_000) this.#names.clear()
    this.#names.set(oid, names)
    return names
  }
}

/** Where the secret stands that opens the repository of a tenant. */
export function secretFor(tenant: string): { readonly above: string; readonly file: string; readonly name: string } {
  const above = parentPath(tenant)
  return { above, file: secretsFile(above), name: `source-${tenant.slice(above.length).replace('/', '')}` }
}
