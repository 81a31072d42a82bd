const verdicts = new Map<string, boolean>()
const kept = 10_000

/** True for a name of the time zone database, such as `Europe/Stockholm`. */
export function isTimezone(name: string): boolean {
  const known = verdicts.get(name)
  if (known !== undefined) return known
  const verdict = exists(name)
  if (verdicts.size < kept) verdicts.set(name, verdict)
  return verdict
}

function exists(name: string): boolean {
  // An offset such as +02:00 is a zone for Intl; it knows no summer time, so nobody means it.
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

export function unknownTimezone(name: string): string {
  return `There is no time zone ${name}; write one such as Europe/Stockholm.`
}
