import { setTimeout as sleep } from 'node:timers/promises'
import type { StartRequest } from '../../../controller/io/backend/backend.ts'
import { against, type Figure, type Report } from '../harness.ts'
import { percentile } from './main.ts'
import { another, fiveActions, openRunLoad, type RunLoad, startsOf, templateOf } from './run-load.ts'

const others = 50
/** Runs a second of each of the others. */
const modest = 1
const times = 100
const seconds = 4
/** What a tenant may have under way where nobody says otherwise. */
const concurrentRuns = 10
/** Who sends more than its runs can go on with has so many deliveries under way at most, and lets none of its time go by. */
const senders = 64
/** The p99 of the others is at most so many times what it is while they are alone. */
const goal = 2

interface Seen {
  /** When it was meant to be sent. */
  readonly due: number
  /** When it was on the disk; the first step may be announced in the same commit. */
  accepted?: number
  /** The intent of the first step: nothing stands before it any more. */
  begun?: number
}

/** How long runs wait for their first step while another tenant sends a hundred times as many, of each or of all of them. */
export async function benchNoisyTenant(rounds: number): Promise<Report> {
  const names = ['alone', `beside ${times} times the rate of one`, `beside ${times} times the rate of all`] as const
  const found = names.map((): Required<Seen>[] => [])
  let accepted = 0
  for (let round = 0; round < rounds; round += 1) {
    const seen = new Map<string, Seen>()
    await using load = openRunLoad((runId, events) => {
      const run = seen.get(runId)
      for (const { type } of run ? events : []) {
        if (type === 'RunRequested') (run as Seen).accepted ??= performance.now()
        if (type === 'AttemptScheduled') (run as Seen).begun ??= performance.now()
      }
    })
    await load.all(startsOf(fiveActions, 1_000, others, 'warm'), 64)
    const quiet = Array.from({ length: others }, (_, index) => templateOf(fiveActions, `msp/t${index}`, concurrentRuns))
    const noisy = templateOf(fiveActions, 'msp/noisy', concurrentRuns)
    const noises = [
      async () => {},
      () => sendEvenly(modest * times, (index) => load.toEnd(another(noisy, `noise-${index}`))),
      async () => {
        accepted += await flood(load, noisy, others * modest * times)
      },
    ]
    for (const [at, noise] of noises.entries()) {
      seen.clear()
      const sending = sendEvenly(others * modest, (index, due) => {
        const start = another(quiet[index % others] as StartRequest, `quiet-${at}-${index}`)
        seen.set(start.event.runId, { due })
        return load.toEnd(start)
      })
      await Promise.all([noise(), sending])
      found[at]?.push(...([...seen.values()] as Required<Seen>[]))
    }
  }
  const figure = (at: number, from: 'due' | 'accepted', share: number): Figure => ({
    name: `${from} to first step, p${share * 100}, ${names[at]}`,
    unit: 'ms',
    samples: [
      percentile(
        (found[at] ?? []).map((run) => run.begun - run[from]),
        share,
      ),
    ],
  })
  const all = [...names.keys()]
  const alone = { ...figure(0, 'due', 0.99), name: 'alone' }
  return {
    benchmark: 'runs, one noisy tenant',
    parameters: { others, 'runs a second of each': modest, concurrentRuns, rounds },
    counts: {
      'runs of others, each': others * modest * seconds * rounds,
      'accepted a second of the noisiest': Math.round(accepted / seconds / rounds),
    },
    figures: [
      ...all.map((at) => figure(at, 'due', 0.5)),
      figure(0, 'due', 0.99),
      ...all.slice(1).map((at) => against(figure(at, 'due', 0.99), alone, goal)),
      ...all.map((at) => figure(at, 'accepted', 0.99)),
    ],
  }
}

/** At even distances, whatever becomes of them: one that is slow must not keep the next from coming. */
async function sendEvenly(perSecond: number, sendOne: (index: number, due: number) => Promise<void>): Promise<void> {
  const ending: Promise<void>[] = []
  const start = performance.now()
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const due = start + (index * 1_000) / perSecond
    const early = due - performance.now()
    if (early > 0) await sleep(early)
    ending.push(sendOne(index, due))
  }
  await Promise.all(ending)
}

/** How many were accepted. Most of their runs wait, and are not awaited. */
async function flood(load: RunLoad, noisy: StartRequest, perSecond: number): Promise<number> {
  const start = performance.now()
  let sent = 0
  const sender = async (): Promise<void> => {
    for (;;) {
      const due = (sent * 1_000) / perSecond
      if (Math.max(due, performance.now() - start) >= seconds * 1_000) return
      const request = another(noisy, `flood-${sent++}`)
      const early = start + due - performance.now()
      if (early > 0) await sleep(early)
      await load.accept(request)
    }
  }
  await Promise.all(Array.from({ length: senders }, sender))
  return sent
}
