import type { Outcome } from '../../../controller/core/run/outcome.ts'
import type { Perform } from '../../../controller/io/backend/perform.ts'

/** A vendor that has done it before it was asked: what is measured is everything else. */
export function openPerform(): Perform {
  return async () => succeeded
}

const succeeded: Outcome = {
  kind: 'succeeded',
  outputs: { ticket: 'T-1042', state: 'open' },
  requests: [{ method: 'POST', url: 'https://vendor.invalid/x', status: 200, ms: 1 }],
}
