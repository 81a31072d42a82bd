import { createHash, createSecretKey, type KeyObject } from 'node:crypto'
import { armor, Decrypter } from 'age-encryption'
import { SecretError } from './secret-error.ts'
import type { KeyFor, SopsFile } from './sops-file.ts'
import { openValue } from './sops-value.ts'

/** A secrets file whose MAC holds. Values are opened one by one, when they are asked for. */
export interface UnlockedFile {
  readonly names: readonly string[]
  readonly key: KeyObject
  valueOf(name: string): string
}

/** Opens the data key and checks the MAC over all values, so that none was dropped, added or moved; fails where anything does not fit. */
export async function unlock(sops: SopsFile, identities: readonly string[]): Promise<UnlockedFile> {
  const { file, leaves, mac, lastModified, names } = sops
  const key = createSecretKey(await dataKeyOf(sops, identities))
  const plain = leaves.map(({ place, text }) => {
    const value = openValue(text, key, place)
    if (value === undefined)
      throw new SecretError('secrets-tampered', file, `\`${place.slice(0, -1)}\` was not sealed for this place and key`)
    return value
  })
  const expected = openValue(mac, key, lastModified)?.toString('latin1')
  if (expected !== macOf(plain))
    throw new SecretError('secrets-tampered', file, 'its MAC does not fit its values: one was removed, added or moved')
  return {
    names,
    key,
    valueOf: (name) => {
      const sealed = leaves.find(({ place }) => place === `${name}:`)
      const value = sealed && names.includes(name) ? openValue(sealed.text, key, sealed.place) : undefined
      if (value === undefined) throw new SecretError('secret-missing', file, `it has no secret \`${name}\``)
      return value.toString('utf8')
    },
  }
}

/** As SOPS writes it: SHA-512 over the plain values in the order of the file. */
export function macOf(values: readonly (Buffer | string)[]): string {
  const hash = createHash('sha512')
  for (const value of values) hash.update(value)
  return hash.digest('hex').toUpperCase()
}

const dataKeyBytes = 32

async function dataKeyOf({ file, keys }: SopsFile, identities: readonly string[]): Promise<Uint8Array> {
  const decrypter = new Decrypter()
  for (const identity of identities) decrypter.addIdentity(identity)
  for (const { sealed } of keys) {
    const key = await decrypter.decrypt(armor.decode(sealed)).catch(() => undefined)
    if (key?.length === dataKeyBytes) return key
  }
  throw new SecretError('age-key-wrong', file, `it is encrypted for ${recipientsOf(keys)}, none of which is ours`)
}

function recipientsOf(keys: readonly KeyFor[]): string {
  return keys.map(({ recipient }) => recipient.slice(0, 80)).join(', ')
}
