import { enableCompileCache } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { codeCache } from '../../config.ts'
import { PortCalls } from './port-calls.ts'
import type { StoreCalls, WorkCalls, WorkSetup } from './reconcile-work.ts'

/** What the thread that reconciles answers to. `open` comes first and says what stands in the way of starting. */
export type WorkerCalls = WorkCalls & { open(): Promise<void> }

const port = parentPort
if (port) {
  let work: WorkCalls | undefined
  const opened = (): WorkCalls => {
    if (!work) throw new Error('the thread is asked before it is open')
    return work
  }
  const main: PortCalls<StoreCalls> = new PortCalls<StoreCalls>(port, {
    open: async () => {
      // A thread does not inherit this, and what is imported at the top would be loaded before it.
      enableCompileCache(codeCache)
      const { openReconcileWork } = await import('./reconcile-work.ts')
      work = await openReconcileWork(workerData as WorkSetup, {
        apply: (application) => main.call('apply', application),
        progress: (progress) => void main.call('progress', progress),
        hint: () => void main.call('hint'),
        beat: () => void main.call('beat'),
      })
    },
    pass: () => opened().pass(),
    tenants: () => opened().tenants(),
    file: (path) => opened().file(path),
    hintSource: (tenant) => opened().hintSource(tenant),
    watch: () => opened().watch(),
    close: async () => work?.close(),
  } satisfies WorkerCalls)
}
