export type BackendErrorCode =
  /** The controller is stopping. */
  | 'closing'
  /** Another process writes the same journal. */
  | 'conflict'
  /** The run could not go on in this process, or has not been resumed yet. */
  | 'not-here'
  /** The run was begun by a newer version. */
  | 'too-new'

export class BackendError extends Error {
  readonly code: BackendErrorCode

  constructor(code: BackendErrorCode, message: string) {
    super(message)
    this.name = 'BackendError'
    this.code = code
  }
}
