import { type ObjectType, objectId } from './object-id.ts'

/** An object that is to be written. */
export interface NewObject {
  readonly type: ObjectType
  readonly oid: string
  readonly contents: Uint8Array
}

export function newObject(type: ObjectType, contents: Uint8Array): NewObject {
  return { type, oid: objectId(type, contents), contents }
}

/** Where the contents of an object stand in bytes that many share. */
export interface ObjectRow extends Pick<NewObject, 'type' | 'oid'> {
  readonly from: number
  readonly to: number
}

export function objectsIn(bytes: Uint8Array, rows: readonly ObjectRow[]): NewObject[] {
  return rows.map(({ type, oid, from, to }) => ({ type, oid, contents: bytes.subarray(from, to) }))
}
