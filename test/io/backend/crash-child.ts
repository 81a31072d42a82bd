import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { foldAll } from '../../../controller/core/run/fold.ts'
import { waitOf } from '../../../controller/core/run/run-summary.ts'
import type { StartRequest } from '../../../controller/io/backend/backend.ts'
import { EmbeddedBackend } from '../../../controller/io/backend/embedded-backend.ts'
import { openStore } from '../../../controller/io/store/open-store.ts'
import { fakeVendor } from './fake-vendor-path.ts'

// A controller to be killed. It resumes what there is, starts what it is told to, a line each, and says
// `ready`, `accepted ID`, `performing` once the first attempt of this life has succeeded, and `settled` where only people are waited for.
const folder = process.argv[2] as string
const store = openStore(folder)
let performing = false
const backend = new EmbeddedBackend({
  journal: store,
  performModule: fakeVendor,
  hostsFile: join(folder, 'hosts'),
  performOptions: { log: join(folder, 'calls.log') },
  hosts: 1,
  onEvents: (_runId, events) => {
    if (performing || !events.some(({ type }) => type === 'AttemptSucceeded')) return
    performing = true
    console.log('performing')
  },
})
await backend.resume()
console.log('ready')

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'settle') void settle()
  else {
    const start = JSON.parse(line) as StartRequest
    void backend.start(start).then(() => console.log(`accepted ${start.event.runId}`))
  }
}

async function settle(): Promise<void> {
  while (!store.unfinishedRuns().every(waitsForPerson)) await sleep(50)
  console.log('settled')
}

function waitsForPerson(runId: string): boolean {
  const last = [...foldAll(store.readRun(runId) ?? []).steps.values()].at(-1)
  return last !== undefined && waitOf(last)?.startsWith('It is not known') === true
}
