import { randomBytes } from 'node:crypto'
import { chmodSync, closeSync, existsSync, fsyncSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StoreError } from './store-error.ts'

/**
 * The key of an installation: 32 random bytes, made at the first start. Webhook secrets derive from it, and tenants' data keys
 * are wrapped by it. It is on the disk before anything is encrypted that cannot be read without it.
 */
export function installationKey(folder: string): Buffer {
  const file = keyFile(folder)
  if (!existsSync(file)) {
    writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
    const directory = openSync(folder, 'r')
    fsyncSync(directory)
    closeSync(directory)
  }
  chmodSync(file, 0o600)
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64')
  if (key.length !== 32) throw new StoreError('wrong-key', `${file} does not hold a key. ${putBack}`)
  return key
}

/** Makes no key where a database stands that was encrypted with one: a new key would only hide that the right one is missing. */
export function requireKeyFile(folder: string): void {
  const file = keyFile(folder)
  if (!existsSync(file))
    throw new StoreError('wrong-key', `${file} is missing, and the database was encrypted with it. ${putBack}`)
}

export const putBack = 'Put back the file that belongs to this database; without it nobody can read the runs in it.'

function keyFile(folder: string): string {
  return join(folder, 'installation.key')
}
