import type { JsonMap } from '../../core/model/values.ts'

/** One request as it went out, without credentials. */
export interface RequestTrace {
  readonly method: string
  readonly url: string
  /** Zero where no answer came. */
  readonly status: number
  readonly ms: number
}

interface Traced {
  readonly requests: readonly RequestTrace[]
}

interface Trouble extends Traced {
  readonly code: string
  readonly message: string
}

/** What one attempt came to. `unknown`: the vendor may have acted, and trying again could act twice. */
export type Outcome =
  | (Traced & { readonly kind: 'succeeded'; readonly outputs: JsonMap })
  | (Trouble & { readonly kind: 'failed' })
  | (Trouble & { readonly kind: 'retry'; readonly afterMs?: number })
  | (Trouble & { readonly kind: 'unknown' })
