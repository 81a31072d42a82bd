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
