import { type Figure, type Report } from '../harness.ts'
import { openControllerLoad } from './controller-load.ts'

const inFlight = 64
const deliveriesEach = 3_000

/** From a signed webhook to the end of its run, and from kill -9 to the first step. */
export async function benchEndToEnd(rounds: number): Promise<Report> {
  await using load = await openControllerLoad()
  await load.deliver(1_000, inFlight, 'warm')
  const ended: number[] = []
  const accepted: number[] = []
  for (let round = 0; round < rounds; round++) {
    const { acceptedMs, endedMs } = await load.deliver(deliveriesEach, inFlight, `round-${round}`)
    accepted.push((deliveriesEach / acceptedMs) * 1_000)
    ended.push((deliveriesEach / endedMs) * 1_000)
  }
  const restarts: number[] = []
  for (let round = 0; round < rounds; round++) restarts.push(await load.killAndRestart())
  const figures: Figure[] = [
    { name: 'deliveries accepted', unit: '/s', samples: accepted },
    { name: 'deliveries whose runs have ended', unit: '/s', samples: ended, goal: { least: 1_000 } },
    {
      name: 'from the start after kill -9 to the first step',
      unit: 'ms',
      samples: restarts,
      goal: { most: 1_000 },
    },
  ]
  const parameters = { deliveries: deliveriesEach, 'in flight': inFlight, rounds }
  return { benchmark: 'runs, end to end', parameters, counts: {}, figures }
}
