import { distance } from 'fastest-levenshtein'

/** The candidate that was probably meant; undefined where none is near. */
export function suggestName(name: string, candidates: Iterable<string>): string | undefined {
  const plain = normalize(name)
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    if (normalize(candidate) === plain) return candidate
    // The difference in length is a lower bound, which spares the work for a key of many kilobytes.
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue
    const found = distance(name, candidate)
    if (found < bestDistance) [best, bestDistance] = [candidate, found]
  }
  return best ?? longerOrShorter(plain, candidates)
}

/** `automatic` means `auto`, and `desc` means `description`. */
function longerOrShorter(plain: string, candidates: Iterable<string>): string | undefined {
  for (const candidate of candidates) {
    const other = normalize(candidate)
    if (Math.min(plain.length, other.length) >= 3 && (plain.startsWith(other) || other.startsWith(plain)))
      return candidate
  }
  return undefined
}

/** `timeout_seconds` means `timeoutSeconds`. */
function normalize(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, '')
}
