import { createHash } from 'node:crypto'

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag'

/** Git's id of an object: SHA-1 over type, length and contents, 40 hex digits. */
export function objectId(type: ObjectType, contents: Uint8Array): string {
  return createHash('sha1').update(`${type} ${contents.byteLength}\0`).update(contents).digest('hex')
}

export function isObjectId(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text)
}

/** The id of the tree without entries. */
export const emptyTreeId = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
