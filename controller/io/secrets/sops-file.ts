import { decodeText } from '../../core/model/decode-text.ts'
import { isList, isMap, type Json, type JsonMap } from '../../core/model/values.ts'
import { readYaml } from '../../core/model/yaml-read.ts'
import { SecretError } from './secret-error.ts'
import { isSealed } from './sops-value.ts'

/** The data key, sealed for one recipient. */
export interface KeyFor {
  readonly recipient: string
  readonly sealed: string
}

export interface SealedLeaf {
  /** What SOPS authenticates with the value: the keys on the way to it, a colon after each. */
  readonly place: string
  readonly text: string
}

/** A secrets file as it stands in git: everything but the names is sealed. */
export interface SopsFile {
  readonly file: string
  readonly text: string
  /** Without the `sops` section. */
  readonly values: JsonMap
  readonly keys: readonly KeyFor[]
  readonly lastModified: string
  readonly mac: string
  /** In the order of the file, which the MAC covers. */
  readonly leaves: readonly SealedLeaf[]
  /** Of the values at the top, which are what connections name. */
  readonly names: readonly string[]
}

/** Reads a SOPS file through the same gate as every other file; whatever is not as SOPS writes it is refused. */
export function readSopsFile(file: string, bytes: Uint8Array): SopsFile {
  const refuse = (message: string): SecretError => new SecretError('secrets-unreadable', file, message)
  const decoded = decodeText(file, bytes)
  if (decoded.kind === 'refused') throw refuse(decoded.problem.message)
  const read = readYaml({ file, text: decoded.text })
  const [problem] = read.problems
  // A plain value could stand in the line that a syntax message quotes; the code and the line are enough.
  if (problem) throw refuse(`it is no YAML that is taken here (${problem.code}, line ${problem.place?.line ?? 1})`)
  if (read.kind === 'unreadable' || !isMap(read.value)) throw refuse('it is not a map of names and values')
  const { sops, ...values } = read.value
  if (!isMap(sops)) throw refuse('it has no `sops` section: its values may not be encrypted at all')
  const { lastmodified, mac } = sops
  if (typeof lastmodified !== 'string' || typeof mac !== 'string' || !isSealed(mac))
    throw refuse('its `sops` section has no `lastmodified` or no `mac`')
  if (sops['mac_only_encrypted'] === true) throw refuse('`mac_only_encrypted` is not supported')
  const leaves = leavesOf(values)
  const plain = leaves.find(({ text }) => !isSealed(text))
  if (plain) throw refuse(`\`${plain.place.slice(0, -1)}\` is not encrypted`)
  const names = Object.keys(values).filter((name) => typeof values[name] === 'string')
  const keys = keysOf(sops, refuse)
  return { file, text: decoded.text, values, keys, lastModified: lastmodified, mac, leaves, names }
}

function keysOf(sops: JsonMap, refuse: (message: string) => SecretError): KeyFor[] {
  const list = sops['age']
  const keys = isList(list) ? list.flatMap((entry) => keyOf(entry) ?? []) : []
  if (keys.length === 0) throw refuse('its `sops` section names no age recipient, and no other kind of key is read')
  return keys
}

function keyOf(entry: Json): KeyFor | undefined {
  const { recipient, enc } = isMap(entry) ? entry : {}
  return typeof recipient === 'string' && typeof enc === 'string' ? { recipient, sealed: enc } : undefined
}

/** Every value with its place, in the order of the file. The positions in lists are not part of a place. */
export function leavesOf(value: Json, place = ''): SealedLeaf[] {
  if (isMap(value)) return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, `${place}${name}:`))
  if (isList(value)) return value.flatMap((inner) => leavesOf(inner, place))
  return [{ place, text: typeof value === 'string' ? value : '' }]
}
