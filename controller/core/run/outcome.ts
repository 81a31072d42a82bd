import type { JsonMap } from '../model/values.ts'

/** One vendor request as evidence: never a body, never a header. */
export interface RequestTrace {
  readonly method: string
  readonly url: string
  /** Zero where no answer came. */
  readonly status: number
  readonly ms: number
}

/** What became of performing an action once. `unknown`: it may have taken effect. */
export type Outcome =
  | { readonly kind: 'succeeded'; readonly outputs: JsonMap; readonly requests: readonly RequestTrace[] }
  | {
      readonly kind: 'failed'
      readonly code: string
      readonly message: string
      readonly requests: readonly RequestTrace[]
    }
  | {
      readonly kind: 'retry'
      readonly code: string
      readonly message: string
      readonly afterMs?: number
      readonly requests: readonly RequestTrace[]
    }
  | {
      readonly kind: 'unknown'
      readonly code: string
      readonly message: string
      readonly requests: readonly RequestTrace[]
    }
