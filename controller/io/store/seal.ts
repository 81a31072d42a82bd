import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto'

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/**
 * Encrypts with AES-256-GCM: nonce, ciphertext, tag. `place` says where the result belongs: it opens nowhere else.
 * A nonce is 64 random bits of this process and a counter of 32, so that none comes twice under one key, however many are used;
 * chance alone would limit a key to 2^32 uses.
 */
export function seal(key: KeyObject, place: string, plain: Uint8Array): Buffer {
  const nonce = nextNonce()
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(place))
  const first = cipher.update(plain)
  const last = cipher.final()
  return Buffer.concat([nonce, first, last, cipher.getAuthTag()])
}

/** Undefined where the bytes were changed, belong to another place or were sealed with another key. */
export function unseal(key: KeyObject, place: string, sealed: Uint8Array): Buffer | undefined {
  if (sealed.length < nonceBytes + tagBytes) return undefined
  const nonce = sealed.subarray(0, nonceBytes)
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(place))
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
  const first = decipher.update(sealed.subarray(nonceBytes, sealed.length - tagBytes))
  try {
    return Buffer.concat([first, decipher.final()])
  } catch {
    return undefined
  }
}

let prefix = randomBytes(nonceBytes - 4)
let count = 0

function nextNonce(): Buffer {
  if (count === 2 ** 32) {
    prefix = randomBytes(nonceBytes - 4)
    count = 0
  }
  const nonce = Buffer.allocUnsafe(nonceBytes)
  prefix.copy(nonce)
  nonce.writeUInt32BE(count, nonceBytes - 4)
  count += 1
  return nonce
}
