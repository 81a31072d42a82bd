import { SecretError } from './secret-error.ts'
import { readSopsFile } from './sops-file.ts'
import { type UnlockedFile, unlock } from './unlock.ts'

/** A secrets file of one revision. */
export interface SecretsBlob {
  readonly file: string
  /** Git blob id: equal ids, equal bytes. */
  readonly oid: string
  /** Undefined where the file has changed on disk since. */
  read(): Promise<Uint8Array | undefined>
}

const kept = 500

/**
 * Opens single secrets on demand. Of the files that were used last their data keys are kept, which are no more than the age
 * identity could open anyway; plain values are not.
 */
export function openSecrets(identities: readonly string[]): (blob: SecretsBlob, name: string) => Promise<string> {
  const unlocked = new Map<string, Promise<UnlockedFile>>()
  return async ({ file, oid, read }, name) => {
    const known = unlocked.get(oid)
    const opening = known ?? openFile(file, read, identities)
    unlocked.delete(oid)
    unlocked.set(oid, opening)
    if (unlocked.size > kept) unlocked.delete(unlocked.keys().next().value ?? oid)
    try {
      return (await opening).valueOf(name)
    } catch (error) {
      // A file that was being replaced is tried again; one that cannot be opened is cheap to refuse again.
      if (!(error instanceof SecretError && error.code === 'secret-missing')) unlocked.delete(oid)
      throw error
    }
  }
}

async function openFile(file: string, read: SecretsBlob['read'], identities: readonly string[]): Promise<UnlockedFile> {
  const bytes = await read()
  if (!bytes) throw new SecretError('secrets-unreadable', file, 'it changed while it was read')
  return unlock(readSopsFile(file, bytes), identities)
}
