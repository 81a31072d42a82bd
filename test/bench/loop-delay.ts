import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Reconciled } from '../../controller/reconcile/reconciled.ts'
import { startController } from '../../controller/start-controller.ts'
import { sandboxOptions } from '../e2e/sandbox-options.ts'
import { timed } from './harness.ts'
import { peakRssMb } from './peak-memory.ts'

/** How long the thread that takes alerts was kept from its turn while one reconcile went on, in milliseconds. */
export interface LoopDelay {
  /** How long the reconcile took. */
  readonly ms: number
  readonly tenants: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** Most processor time that the thread itself took between two turns: what is left of `max` once nobody else wants the machine. */
  readonly ownMax: number
}

export interface LoopDelays {
  readonly cold: LoopDelay
  /** One release of a template to everybody who has it. */
  readonly fanOut: LoopDelay
  readonly peakRssMb: number
}

if (import.meta.main) {
  const [gitdir = '', base = '', changed = ''] = process.argv.slice(2)
  const state = mkdtempSync(join(tmpdir(), 'headwater-bench-loop-'))
  const moveTo = (commit: string): void => writeFileSync(join(gitdir, 'refs/heads/bench'), `${commit}\n`)
  moveTo(base)
  const controller = await startController({ ...sandboxOptions(gitdir, state), revision: 'bench' })
  try {
    const cold = await whileReconciling(() => controller.reconcile())
    moveTo(changed)
    const fanOut = await whileReconciling(() => controller.reconcile())
    console.log(JSON.stringify({ cold, fanOut, peakRssMb: peakRssMb() } satisfies LoopDelays))
  } finally {
    await controller.close()
    rmSync(state, { recursive: true, force: true })
  }
}

/** Each sample is the time between two turns of a timer of 1 ms, so that an idle loop reads as 1. */
async function whileReconciling(reconcile: () => Promise<Reconciled>): Promise<LoopDelay> {
  const histogram = monitorEventLoopDelay({ resolution: 1 })
  let ownMax = 0
  let last = process.threadCpuUsage()
  const turns = setInterval(() => {
    const now = process.threadCpuUsage()
    ownMax = Math.max(ownMax, (now.user + now.system - last.user - last.system) / 1000)
    last = now
  }, 1)
  histogram.enable()
  const { result, ms } = await timed(reconcile)
  histogram.disable()
  clearInterval(turns)
  const [p50, p99] = [50, 99].map((share) => histogram.percentile(share) / 1e6) as [number, number]
  return { ms, tenants: result.changes.count, p50, p99, max: histogram.max / 1e6, ownMax }
}
