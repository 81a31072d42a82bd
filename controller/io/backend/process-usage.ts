import { readFileSync } from 'node:fs'

export interface ProcessUsage {
  /** Of the machine's memory. */
  readonly residentMb: number
  /** Milliseconds on a processor since it was started. */
  readonly cpuMs: number
  /** It wants a processor or the disk, and so is not the one that waits. */
  readonly isAtWork: boolean
}

const unknown: ProcessUsage = { residentMb: 0, cpuMs: 0, isAtWork: false }
const tickMs = 10
const pageBytes = 4_096

/** What Linux says of a process; elsewhere nothing is known. */
export function usageOf(pid: number | undefined): ProcessUsage {
  try {
    // After the name of the program, which may hold anything: state, …, utime, stime, …, rss.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? []
    const of = (place: number): number => Number(fields[place - 3])
    return {
      residentMb: (of(24) * pageBytes) / 2 ** 20,
      cpuMs: (of(14) + of(15)) * tickMs,
      isAtWork: fields[0] === 'R' || fields[0] === 'D',
    }
  } catch {
    return unknown
  }
}
