import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { type Calls, PortCalls } from '../../../controller/reconcile/thread/port-calls.ts'

/** In place of the reconciler: each pass does what the file `fleet` says at that time. */
const { fleet } = workerData as { fleet: string }
const read = (): string => readFileSync(fleet, 'utf8')

if (parentPort)
  void new PortCalls<Calls>(parentPort, {
    open: () => {
      if (read() === 'shut')
        throw Object.assign(new Error('there is no such folder'), { code: 'repository-unreadable' })
    },
    pass: async () => {
      const told = read()
      if (told === 'leave') process.exit(7)
      if (told === 'crash') setImmediate(() => nobodyCatches())
      if (told === 'eat') eat()
      if (told === 'hang') for (;;) if (isNever()) break
      if (told === 'crash') await new Promise(() => {})
      if (told === 'refuse') throw Object.assign(new Error('the remote is away'), { code: 'fetch-failed' })
      return { told }
    },
    file: (path: string) => ({ oid: path, bytes: new TextEncoder().encode(path) }),
    watch: () => {},
    tenants: () => new TextEncoder().encode('[]'),
    close: () => {},
  })

/** A loop that the compiler must not see through. */
function isNever(): boolean {
  return Date.now() < 0
}

function nobodyCatches(): void {
  throw new Error('a bug of ours')
}

function eat(): void {
  const eaten: number[][] = []
  for (;;) eaten.push(Array.from({ length: 100_000 }, (_, at) => at + 0.5))
}
