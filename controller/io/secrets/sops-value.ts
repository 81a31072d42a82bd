import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto'

const written =
  /^ENC\[AES256_GCM,data:([A-Za-z0-9+/]+={0,2}),iv:([A-Za-z0-9+/]+={0,2}),tag:([A-Za-z0-9+/]+={0,2}),type:(?:str|int|float|bool|bytes)\]$/

/** As SOPS does; the length is part of the format. */
const ivBytes = 32
const tagBytes = 16

export function isSealed(text: string): boolean {
  return written.test(text)
}

/** The plain bytes of one value; undefined where key, place or text are not those it was sealed with. */
export function openValue(text: string, key: KeyObject, place: string): Buffer | undefined {
  const [, data = '', iv = '', tag = ''] = written.exec(text) ?? []
  const authTag = Buffer.from(tag, 'base64')
  // Node takes a shorter tag too, which is easier to forge.
  if (authTag.length !== tagBytes) return undefined
  try {
    const cipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'), { authTagLength: tagBytes })
    cipher.setAAD(Buffer.from(place)).setAuthTag(authTag)
    return Buffer.concat([cipher.update(Buffer.from(data, 'base64')), cipher.final()])
  } catch {
    return undefined
  }
}

/** `place` is authenticated with the value: what is moved to another name no longer opens. */
export function sealValue(plain: string | Buffer, key: KeyObject, place: string): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes }).setAAD(Buffer.from(place))
  const data = Buffer.concat([
    typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain),
    cipher.final(),
  ])
  const [text, vector, tag] = [data, iv, cipher.getAuthTag()].map((bytes) => bytes.toString('base64'))
  return `ENC[AES256_GCM,data:${text},iv:${vector},tag:${tag},type:str]`
}
