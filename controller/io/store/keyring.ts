import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { putBack } from './installation-key.ts'
import { seal, unseal } from './seal.ts'
import { bytes, prepare, type Statement } from './statements.ts'
import { StoreError } from './store-error.ts'

/** The data key of each tenant, made on first use and kept in the database, wrapped by the installation's key. */
export class Keyring {
  readonly #database: DatabaseSync
  readonly #wrapping: KeyObject
  readonly #keys = new Map<string, KeyObject>()
  /** Made by this process and not committed yet. */
  readonly #unsaved = new Map<string, Buffer>()
  #statements: { readonly select: Statement; readonly insert: Statement } | undefined

  constructor(database: DatabaseSync, installationKey: Buffer) {
    this.#database = database
    this.#wrapping = createSecretKey(Buffer.from(hkdfSync('sha256', installationKey, '', 'headwater data keys', 32)))
  }

  /** Throws where the installation's key is not the one that this database was encrypted with. */
  verify(): void {
    const row = this.#prepared().select.get('')
    if (row === undefined || this.#unwrap('', bytes(row, 'wrapped')) === undefined)
      throw new StoreError('wrong-key', `The file installation.key is not the one of this database. ${putBack}`)
  }

  /** The key to write with. What it seals must be committed together with `save`. */
  writing(tenantUid: string): KeyObject {
    const known = this.#find(tenantUid)
    if (known !== undefined) return known
    this.#unsaved.set(tenantUid, this.make(tenantUid))
    return this.#keys.get(tenantUid) as KeyObject
  }

  /** The key to read with. */
  reading(tenantUid: string): KeyObject {
    const key = this.#find(tenantUid)
    if (key === undefined)
      throw new StoreError('tampered', `The data key of tenant ${tenantUid} is gone: what it encrypted cannot be read.`)
    return key
  }

  /** Within the transaction of what was sealed. */
  save(tenantUid: string): void {
    const wrapped = this.#unsaved.get(tenantUid)
    if (wrapped !== undefined) this.#prepared().insert.run(tenantUid, wrapped)
  }

  /** After its commit. */
  saved(tenantUid: string): void {
    this.#unsaved.delete(tenantUid)
  }

  /** After its row was deleted. */
  forget(tenantUid: string): void {
    this.#keys.delete(tenantUid)
    this.#unsaved.delete(tenantUid)
  }

  /** A new key, wrapped; from now on it is this tenant's. */
  make(tenantUid: string): Buffer {
    const raw = randomBytes(32)
    this.#keys.set(tenantUid, createSecretKey(raw))
    return seal(this.#wrapping, placeOf(tenantUid), raw)
  }

  #find(tenantUid: string): KeyObject | undefined {
    const known = this.#keys.get(tenantUid)
    if (known !== undefined) return known
    const row = this.#prepared().select.get(tenantUid)
    if (row === undefined) return undefined
    const key = this.#unwrap(tenantUid, bytes(row, 'wrapped'))
    if (key === undefined)
      throw new StoreError(
        'tampered',
        `The data key of tenant ${tenantUid} was changed. Put back a backup of the folder.`,
      )
    this.#keys.set(tenantUid, key)
    return key
  }

  #unwrap(tenantUid: string, wrapped: Uint8Array): KeyObject | undefined {
    const raw = unseal(this.#wrapping, placeOf(tenantUid), wrapped)
    return raw === undefined ? undefined : createSecretKey(raw)
  }

  #prepared() {
    this.#statements ??= {
      select: prepare(this.#database, 'SELECT wrapped FROM keys WHERE tenant_uid = ?'),
      insert: prepare(this.#database, 'INSERT OR IGNORE INTO keys (tenant_uid, wrapped) VALUES (?, ?)'),
    }
    return this.#statements
  }
}

function placeOf(tenantUid: string): string {
  return `key\0${tenantUid}`
}
