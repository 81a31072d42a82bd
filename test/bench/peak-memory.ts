import { readFileSync } from 'node:fs'

/**
 * The most memory this process has held. Not `resourceUsage().maxRSS` where the system tells better: on Linux that starts
 * at the size of the parent, so a small child of a large benchmark would read as large.
 */
export function peakRssMb(): number {
  try {
    const [, kb] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    if (kb !== undefined) return Number(kb) / 1024
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS / 1024
}

if (import.meta.main) console.log(JSON.stringify({ mb: peakRssMb() }))
