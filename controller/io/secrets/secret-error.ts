import type { ProblemCode } from '../../core/model/problems.ts'

export type SecretErrorCode = Extract<
  ProblemCode,
  'secret-missing' | 'secrets-unreadable' | 'secrets-tampered' | 'age-key-wrong' | 'age-key-unreadable'
>

/** Why a secret cannot be had, with the file. Never with a value, nor with the words of a library, which may quote one. */
export class SecretError extends Error {
  readonly code: SecretErrorCode
  readonly file: string

  constructor(code: SecretErrorCode, file: string, message: string) {
    super(`${file}: ${message}`)
    this.name = 'SecretError'
    this.code = code
    this.file = file
  }
}
