import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { SecretError } from './secret-error.ts'

/** What opens secrets files, and for whom they are to be encrypted so that it does. */
export interface AgeKey {
  readonly identities: readonly string[]
  readonly recipients: readonly string[]
}

/**
 * Reads the identities of a file as `age-keygen` writes it: the one that the operator names, or that of the state folder,
 * which is made at the first start.
 */
export async function openAgeKey(state: string, named: string | undefined): Promise<AgeKey> {
  const file = named ?? join(state, 'age.key')
  if (!existsSync(file)) {
    if (named !== undefined) throw new SecretError('age-key-unreadable', file, 'there is no such file')
    mkdirSync(state, { recursive: true, mode: 0o700 })
    await makeAgeKey(file)
  }
  const identities: string[] = []
  const recipients: string[] = []
  for (const [index, line] of readFileSync(file, 'utf8').split(/\r?\n/).entries()) {
    const identity = line.trim()
    if (identity === '' || identity.startsWith('#')) continue
    const recipient = await identityToRecipient(identity).catch(() => undefined)
    // Not the line itself: it may be a key with a slip.
    if (recipient === undefined)
      throw new SecretError('age-key-unreadable', file, `line ${index + 1} is no age identity`)
    identities.push(identity)
    recipients.push(recipient)
  }
  if (identities.length === 0) throw new SecretError('age-key-unreadable', file, 'it holds no age identity')
  return { identities, recipients }
}

async function makeAgeKey(file: string): Promise<void> {
  const identity = await generateX25519Identity()
  const text = `# public key: ${await identityToRecipient(identity)}\n${identity}\n`
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
    chmodSync(file, 0o600)
  } catch (error) {
    // Another command made it first: that one counts.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
