export interface RateLimit {
  readonly requests: number
  readonly perSeconds: number
}

/** Requests that may be sent, as of a time; below zero where later ones have been given away already. */
export interface RateBucket {
  readonly left: number
  readonly at: number
}

/**
 * Takes `cost` requests out of the bucket and says from when on they may be sent. A tenth of the limit may go at once and the
 * rest flows in evenly, so that no window of the vendor's, wherever it begins, sees more than the limit.
 */
export function take(
  bucket: RateBucket | undefined,
  { requests, perSeconds }: RateLimit,
  cost: number,
  now: number,
): { readonly bucket: RateBucket; readonly notBefore: number } {
  const capacity = Math.max(cost, Math.floor(requests / 10), 1)
  const perMs = Math.max(requests - capacity, requests / 2) / (perSeconds * 1_000)
  const since = Math.max(0, now - (bucket?.at ?? now))
  const present = Math.min(capacity, (bucket?.left ?? capacity) + since * perMs)
  const left = present - cost
  // A bucket that is held back begins to fill at a time to come.
  const from = Math.max(now, bucket?.at ?? now)
  return {
    bucket: { left, at: from },
    notBefore: left >= 0 && from === now ? now : Math.ceil(from + Math.max(0, -left) / perMs),
  }
}

/** Empty until then: the vendor has said so. */
export function heldBack(bucket: RateBucket | undefined, until: number): RateBucket {
  return { left: 0, at: Math.max(until, bucket?.at ?? until) }
}
