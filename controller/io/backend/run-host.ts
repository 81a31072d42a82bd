import { writeFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { Socket } from 'node:net'
import type { Digest } from '../../core/model/effective.ts'
import { type Json, toValue } from '../../core/model/values.ts'
import { frameOf, framesOf, FrameReader } from './frames.ts'
import { answerCharacters, beatMs, channel, mostBytesToHost } from './host-limits.ts'
import type { Answer, FromHost, HostSetup, Order, ToHost } from './host-orders.ts'
import { HostRun } from './host-run.ts'
import type { Perform, PerformModule } from './perform.ts'
import { PinnedObjects } from './pinned-objects.ts'
import { stayAwake } from './stay-awake.ts'

// The whole of a host process: orders come in, events go out. It holds no store, no environment, and secrets only while
// it uses them. It ends with its channel, and so with its controller.

const reader = new FrameReader(mostBytesToHost)
// Read into one place and copied: by itself a socket takes 64 KiB anew for each message, however short.
const buffer = Buffer.alloc(64 * 1024)
const socket = new Socket({ fd: channel, onread: { buffer, callback: hear } })
const objects = new Map<Digest, Json>()
const pinned = new PinnedObjects((digest) => objects.get(digest))
const runs = new Map<number, HostRun>()
let performing: Promise<Perform> | undefined
let answers: string[] = []

socket.resume()
socket.on('close', () => process.exit(0))
socket.on('error', () => process.exit(0))
process.on('uncaughtException', die)
standBackForTheController()

function hear(bytes: number): boolean {
  for (const message of reader.read(Buffer.from(buffer.subarray(0, bytes)))) take(message as ToHost)
  return true
}

function take({ setup, objects: given = [], forget = [], orders = [], leave = [] }: ToHost): void {
  if (setup !== undefined) void begin(setup)
  for (const [digest, value] of given) objects.set(digest, toValue(value))
  for (const seat of leave) runs.delete(seat)
  for (const order of orders) void follow(order)
  for (const digest of forget) objects.delete(digest)
}

/** The first sign of life comes when all is loaded: the first run does not wait for it. */
async function begin({ performModule, performOptions }: HostSetup): Promise<void> {
  performing = import(performModule).then((module: PerformModule) => module.openPerform(performOptions))
  await Promise.allSettled([performing])
  // Now, because most hosts are killed in the end; and before the first sign of life, because it may take a while.
  flushCompileCache()
  say({})
  setInterval(() => say({}), beatMs)
}

async function follow(order: Order): Promise<void> {
  let run = runs.get(order.seat)
  if (run === undefined) {
    run = new HostRun({ pinned, perform: () => performing ?? Promise.reject(new Error('The host was not set up.')) })
    runs.set(order.seat, run)
  }
  const answer = await run.follow(order)
  if (order.isAlone) stayAwake()
  if (answers.length === 0) setImmediate(flush)
  answers.push(textOf(answer))
}

/** One message for all that was decided in this turn. */
function flush(): void {
  const all = answers
  answers = []
  for (const frame of framesOf({}, 'answers', all)) socket.write(frame)
}

/** What is too large to be said costs its run and not the host. */
function textOf(answer: Answer): string {
  const text = JSON.stringify(answer)
  if (text.length <= answerCharacters) return text
  const fault = `its steps gave ${text.length} characters at once, which is more than ${answerCharacters}`
  return JSON.stringify({ seat: answer.seat, events: [], waits: [], fault } satisfies Answer)
}

function say(message: FromHost): void {
  socket.write(frameOf(JSON.stringify(message)))
}

/** A bug outside of any attempt: what else it broke is not known. */
function die(error: unknown): void {
  const place = error instanceof Error ? /\(?([^\s()]+:\d+:\d+)\)?/.exec(error.stack ?? '')?.[1] : undefined
  const name = error instanceof Error ? error.name : typeof error
  const dying = frameOf(JSON.stringify({ dying: `${name} at ${place ?? 'an unknown place'}` } satisfies FromHost))
  socket.write(dying, () => process.exit(70))
}

/** Where the machine runs out of memory, Linux ends a host and not the controller. */
function standBackForTheController(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch {
    // Not Linux, or not allowed.
  }
}
