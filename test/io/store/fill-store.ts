import { openStore } from '../../../controller/io/store/open-store.ts'
import { foldAll } from '../../../controller/core/run/fold.ts'
import type { RunEvent } from '../../../controller/core/run/events.ts'

// Appends runs until a write fails, and tells what was acknowledged before and what the store says after.
const store = openStore(process.argv[2] as string)
const acknowledged: string[] = []

function record(runId: string) {
  const pins = { epoch: 1, contextDigest: 'c', commit: 'abc', tenant: { path: 'acme', uid: 'u' } }
  const workflow = { name: 'w', owner: '', release: '1.0.0', digest: 'd' }
  const trigger = { kind: 'manual', id: 'manual', deliveryId: runId } as const
  const inputs = { filler: 'x'.repeat(2_000) }
  const events: RunEvent[] = [{ type: 'RunRequested', at: 0, runId, ...pins, workflow, trigger, inputs }]
  return { runId, expectedVersion: 0, events, state: foldAll(events) }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'stored'
  } catch (error) {
    return (error as { code: string }).code
  }
}

let code = 'stored'
for (let index = 0; code === 'stored' && index < 100_000; index++) {
  code = await codeOf(store.append(record(`r${index}`)))
  if (code === 'stored') acknowledged.push(`r${index}`)
}
const later = await codeOf(store.append(record('later')))
const read = acknowledged.filter((id) => store.readRun(id) !== undefined).length
console.log(JSON.stringify({ acknowledged, health: store.health().state, code, later, read }))
