import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunEvent } from '../../controller/core/run/events.ts'
import { openStore } from '../../controller/io/store/open-store.ts'
import { ControllerProcess, copyStarterFleet, temporaryFolder, untilSettled } from './controller-process.ts'
import { post, signedAlert } from './signed-delivery.ts'

const isCrashLane = process.env['HEADWATER_LANE'] === 'crash'
const kills = isCrashLane ? 200 : 3
const alerts = isCrashLane ? 200 : 12
const seed = Number(process.env['HEADWATER_SEED'] ?? 20261125)
const tenant = { path: 'acme/north/contoso', uid: '3651ecc2-02a2-4189-aa71-a09feb663a42' }

test(
  `kill -9 at ${kills} random moments while ${alerts} alerts arrive loses no accepted alert and repeats no finished step (seed ${seed})`,
  async () => {
    using fleet = temporaryFolder()
    using state = temporaryFolder()
    copyStarterFleet(fleet.path)
    const random = generator(seed)
    const args = ['up', '--repo', fleet.path, '--sandbox', '--port', '0', '--state', state.path]
    const accepted = new Map<string, string>()

    const sending = sendAll(state.path, fleet.path, accepted)
    for (let kill = 0; kill < kills; kill++) {
      const controller = new ControllerProcess(args)
      // Half of the kills fall into the start and the recovery, half into the time after it.
      if (random() < 0.5)
        await Promise.race([controller.printed(/listening/, 60_000).catch(() => undefined), controller.ended])
      await new Promise((done) => setTimeout(done, random() * 1500))
      await controller.kill('SIGKILL')
    }
    await using controller = new ControllerProcess(args)
    await controller.printed(/listening/, 120_000)
    await sending
    await untilSettled(state.path)
    await controller.kill('SIGTERM')

    const runs = readJournal(state.path)
    expect(accepted.size).toBe(alerts)
    expect(new Set(accepted.values()).size).toBe(alerts)
    expect([...runs.keys()].sort()).toEqual([...accepted.values()].sort())
    for (const [id, events] of runs) expect(violations(events), id).toEqual([])
  },
  isCrashLane ? 3_600_000 : 240_000,
)

/** What the journal of a run must never show. */
function violations(events: readonly RunEvent[]): string[] {
  const found: string[] = []
  const settled = new Set<string>()
  const intended = new Set<string>()
  let ends = 0
  for (const event of events) {
    if (ends > 0) found.push(`${event.type} after the end`)
    if (event.type === 'AttemptScheduled') {
      const lane = `${event.step} ${event.connection}`
      if (settled.has(lane)) found.push(`${lane} was scheduled again after its result`)
      intended.add(lane)
    }
    if (event.type === 'AttemptSucceeded' && event.connection !== undefined) {
      const lane = `${event.step} ${event.connection}`
      if (!intended.has(lane)) found.push(`${lane} has a result and no intent`)
      if (settled.has(lane)) found.push(`${lane} has two results`)
      settled.add(lane)
    }
    if (event.type === 'RunSucceeded' || event.type === 'RunFailed' || event.type === 'RunQuarantined') ends++
  }
  // An interrupted attempt that may have taken effect waits for a person: that is an honest end of what can be done.
  const isWaiting =
    events.at(-1)?.type === 'AttemptUnknown' || events.some((event) => event.type === 'ApprovalRequested')
  if (ends !== 1 && !isWaiting) found.push(`${ends} ends, last event ${events.at(-1)?.type}`)
  return found
}

async function sendAll(state: string, fleet: string, accepted: Map<string, string>): Promise<void> {
  const body = readFileSync(join(fleet, 'examples/alerts/account-lockout.json'), 'utf8')
  for (let number = 0; number < alerts; number++) {
    const id = `alert-${number}`
    while (!accepted.has(id)) {
      try {
        const answer = await deliver(state, id, body)
        if (answer !== undefined) accepted.set(id, answer)
      } catch {
        // Killed, starting, or not there yet: a vendor tries again.
      }
      await new Promise((done) => setTimeout(done, 30))
    }
  }
}

async function deliver(state: string, id: string, body: string): Promise<string | undefined> {
  const { status, runs } = await post(signedAlert(state, tenant, id, body), 5_000)
  if (status !== 202) return undefined
  expect(runs).toHaveLength(1)
  return runs[0]?.id
}

function readJournal(state: string): Map<string, RunEvent[]> {
  const store = openStore(state)
  const { runs } = store.listRuns({ limit: 500 })
  const journals = new Map(runs.map(({ id }) => [id, store.readRun(id) ?? []]))
  store.close()
  return journals
}

/** mulberry32 */
function generator(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
