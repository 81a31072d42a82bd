import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { codeCache } from '../../config.ts'
import { channel, heapMb as usualHeapMb } from './host-limits.ts'

/** What a host runs. */
export const entry = join(import.meta.dirname, 'run-host.ts')

let ahead: ChildProcess | undefined

/** Starts a host before the rest of the program is loaded: both take a while, and neither needs the other. */
export function spawnHostAhead(): void {
  ahead = spawnHost(usualHeapMb)
  // A command that fails meanwhile must be able to end.
  ahead.unref()
  channelOf(ahead).unref()
}

/** A host with the heap that is wanted, the one that was started ahead where there is one. */
export function takeHost(heapMb: number): ChildProcess {
  const taken = heapMb === usualHeapMb && ahead?.exitCode === null ? ahead : undefined
  if (taken === undefined) return spawnHost(heapMb)
  ahead = undefined
  taken.ref()
  channelOf(taken).ref()
  return taken
}

export function channelOf(child: ChildProcess): Socket {
  return child.stdio[channel] as Socket
}

function spawnHost(heapMb: number): ChildProcess {
  return spawn(process.execPath, [`--max-old-space-size=${heapMb}`, entry], {
    // An environment of its own, because that of the controller may hold credentials.
    env: { NODE_COMPILE_CACHE: codeCache },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    windowsHide: true,
  })
}
