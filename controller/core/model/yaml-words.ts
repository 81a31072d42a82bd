const slots = 2_048
/** Of a word that is kept, in bytes. */
const longest = 24

const words: string[] = Array.from({ length: slots }, () => '')
const lengths = new Uint8Array(slots)
const written = new Uint8Array(slots * longest)

/**
 * The text between two places. What is short is likely to have come before, and then it is the same string again: a
 * fleet has few keys. It is never a slice of a longer string, which would keep that in memory.
 */
export function textBetween(bytes: Buffer, start: number, end: number): string {
  const length = end - start
  if (length > longest || length === 0) return bytes.toString('utf8', start, end)
  const slot = slotOf(bytes[start] ?? 0, bytes[start + (length >> 1)] ?? 0, bytes[end - 1] ?? 0, length)
  const kept = slot * longest
  if (lengths[slot] === length) {
    let at = 0
    while (at < length && bytes[start + at] === written[kept + at]) at++
    if (at === length) return words[slot] as string
  }
  const word = bytes.toString('utf8', start, end)
  words[slot] = word
  lengths[slot] = length
  for (let at = 0; at < length; at++) written[kept + at] = bytes[start + at] ?? 0
  return word
}

function slotOf(first: number, middle: number, last: number, length: number): number {
  return (first * 31 + middle * 257 + last * 1_031 + length * 67) % slots
}
