export type StoreErrorCode =
  /** Another controller has the folder open. */
  | 'locked'
  /** The database is older than what was acknowledged: a copy from before, or a lost write. */
  | 'rolled-back'
  /** Written by a newer version. */
  | 'too-new'
  /** A write failed; nothing more is acknowledged until the process is started again. */
  | 'read-only'
  | 'closed'
  /** Something encrypted was changed, moved or taken out, or its key is gone. Concerns one run or one tenant. */
  | 'tampered'
  /** The installation's key is missing or does not fit the database. */
  | 'wrong-key'
  /** The caller handed in what cannot be stored. A bug. */
  | 'bad-value'

export class StoreError extends Error {
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'StoreError'
    this.code = code
  }
}

/** SQLite's extended result code of an error that node:sqlite threw, or undefined where it is none. */
export function resultCodeOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return undefined
  return typeof thrown.errcode === 'number' ? thrown.errcode : undefined
}

export const sqliteBusy = 5
