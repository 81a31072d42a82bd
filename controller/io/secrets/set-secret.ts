import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { armor, Encrypter } from 'age-encryption'
import { parseDocument, Scalar, stringify } from 'yaml'
import { isList, isMap, type Json, type JsonMap, newMap } from '../../core/model/values.ts'
import { SecretError } from './secret-error.ts'
import { leavesOf, readSopsFile, type SopsFile } from './sops-file.ts'
import { openValue, sealValue } from './sops-value.ts'
import { macOf, unlock } from './unlock.ts'

export interface NewSecret {
  readonly file: string
  /** The file as it is; undefined where there is none yet. */
  readonly before: Uint8Array | undefined
  readonly name: string
  readonly value: string
  /** Who will be able to read the file. */
  readonly recipients: readonly string[]
  /** Needed where there is a file: its MAC covers its other values too. */
  readonly identities: readonly string[]
  /** ISO 8601, to the second. */
  readonly now: string
}

/**
 * The text of a secrets file with one value set, as SOPS would have written it. The other values stay byte for byte as they are,
 * unless the recipients changed: then all are sealed with a new key, so that who left cannot read what is written from now on.
 */
export async function setSecret(request: NewSecret): Promise<string> {
  const { file, before, name, value, recipients, identities, now } = request
  const known = before === undefined ? undefined : readSopsFile(file, before)
  const unlocked = known && (await unlock(known, identities))
  if (known && unlocked && isFor(known, recipients)) {
    const values = { ...known.values, [name]: sealValue(value, unlocked.key, `${name}:`) }
    const document = parseDocument(known.text)
    const section = document.get('sops')
    // Behind a name that is new, where SOPS has it.
    document.delete('sops')
    document.set(name, values[name])
    document.set('sops', section)
    document.setIn(['sops', 'lastmodified'], quoted(now))
    document.setIn(['sops', 'mac'], sealedMac(values, unlocked.key, now))
    return document.toString({ lineWidth: 0 })
  }
  const bytes = randomBytes(32)
  const key = createSecretKey(bytes)
  const others = known && unlocked ? resealed(known.values, '', unlocked.key, key) : newMap()
  const values = { ...(others as JsonMap), [name]: sealValue(value, key, `${name}:`) }
  const age = await Promise.all(recipients.map((recipient) => keyFor(recipient, bytes, file)))
  const mac = sealedMac(values, key, now)
  const sops = { age, lastmodified: quoted(now), mac, unencrypted_suffix: '_unencrypted', version: '3.9.0' }
  return stringify({ ...values, sops }, { lineWidth: 0 })
}

/** Without quotes other readers of YAML take it for a date. */
function quoted(text: string): Scalar {
  const scalar = new Scalar(text)
  scalar.type = Scalar.QUOTE_DOUBLE
  return scalar
}

function isFor({ keys }: SopsFile, recipients: readonly string[]): boolean {
  const present = new Set(keys.map(({ recipient }) => recipient))
  return present.size === recipients.length && recipients.every((recipient) => present.has(recipient))
}

function sealedMac(values: JsonMap, key: KeyObject, now: string): string {
  return sealValue(macOf(leavesOf(values).map(({ place, text }) => opened(text, key, place))), key, now)
}

/** What it was as a number or a truth value becomes text: secrets are. */
function resealed(value: Json, place: string, from: KeyObject, to: KeyObject): Json {
  if (isMap(value)) {
    const map = newMap()
    for (const [name, inner] of Object.entries(value)) map[name] = resealed(inner, `${place}${name}:`, from, to)
    return map
  }
  if (isList(value)) return value.map((inner) => resealed(inner, place, from, to))
  return sealValue(opened(String(value), from, place), to, place)
}

function opened(text: string, key: KeyObject, place: string): Buffer {
  const plain = openValue(text, key, place)
  if (plain === undefined) throw new TypeError('a value was not sealed with the key of its file')
  return plain
}

async function keyFor(recipient: string, key: Uint8Array, file: string): Promise<{ recipient: string; enc: string }> {
  const encrypter = new Encrypter()
  try {
    encrypter.addRecipient(recipient)
  } catch {
    throw new SecretError('age-key-wrong', file, `\`${recipient.slice(0, 80)}\` is no age recipient`)
  }
  return { recipient, enc: armor.encode(await encrypter.encrypt(key)) }
}
