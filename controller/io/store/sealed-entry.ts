import type { RunEvent } from '../../core/run/events.ts'
import type { Keyring } from './keyring.ts'
import { seal, unseal } from './seal.ts'
import { StoreError } from './store-error.ts'

/** Whose an encrypted value is. It is bound to it: under another run or tenant it cannot be opened. */
export interface Owner {
  readonly tenantUid: string
  readonly runId: string
}

export interface Entry {
  /** That the run has with this entry. */
  readonly version: number
  readonly payload: Uint8Array
}

export function sealEntry(keys: Keyring, owner: Owner, version: number, json: Uint8Array): Buffer {
  return seal(keys.writing(owner.tenantUid), entryPlace(owner, version), json)
}

/**
 * The events of all entries of a run. Throws where one was changed, moved or taken out from between the others, and, of a run that
 * has ended at `finalVersion`, where the last ones are missing.
 */
export function openEntries(
  keys: Keyring,
  owner: Owner,
  entries: Iterable<Entry>,
  finalVersion: number | null,
): RunEvent[] {
  const key = keys.reading(owner.tenantUid)
  const events: RunEvent[] = []
  for (const { version, payload } of entries) {
    const plain = unseal(key, entryPlace(owner, version), payload)
    if (plain === undefined) throw tampered(owner, `entry ${version} was changed`)
    for (const event of JSON.parse(plain.toString()) as RunEvent[]) events.push(event)
    if (events.length !== version) throw tampered(owner, `an entry before ${version} is missing`)
  }
  if (finalVersion !== null && events.length !== finalVersion) throw tampered(owner, 'its last entries are missing')
  return events
}

/** Null for an empty text. */
export function sealReason(keys: Keyring, owner: Owner, reason: string): Buffer | null {
  return reason === '' ? null : seal(keys.writing(owner.tenantUid), reasonPlace(owner), Buffer.from(reason))
}

/** A reason that cannot be opened says so itself: a line of a list must not take the others with it. */
export function openReason(keys: Keyring, owner: Owner, sealed: Uint8Array | null): string {
  if (sealed === null) return ''
  try {
    const plain = unseal(keys.reading(owner.tenantUid), reasonPlace(owner), sealed)
    if (plain !== undefined) return plain.toString()
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
  }
  return 'The reason cannot be read: it was changed, or the key of its tenant is gone.'
}

function entryPlace({ tenantUid, runId }: Owner, version: number): string {
  return `entry\0${tenantUid}\0${runId}\0${version}`
}

function reasonPlace({ tenantUid, runId }: Owner): string {
  return `reason\0${tenantUid}\0${runId}`
}

function tampered({ runId }: Owner, what: string): StoreError {
  return new StoreError(
    'tampered',
    `The journal of run ${runId} cannot be trusted: ${what}. Other runs are not affected; put back a backup of the folder to get this one back.`,
  )
}
