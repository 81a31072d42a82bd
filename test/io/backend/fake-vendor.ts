import { appendFileSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Outcome } from '../../../controller/core/run/outcome.ts'
import type { Perform } from '../../../controller/io/backend/perform.ts'

export interface VendorCall {
  readonly phase: 'begin' | 'end'
  readonly tenant: string
  readonly connection: string
  readonly key: string
  readonly input: { readonly behave?: string; readonly ms?: number; readonly [name: string]: unknown }
  readonly secret: string | null
}

/** Behaves as the input says, and writes every call to a file before and after: what is in the file was really performed. */
export function openPerform(options: unknown): Perform {
  const { log } = options as { log: string }
  return async ({ tenant, connection, input, idempotencyKey, secret }) => {
    const { behave = 'succeed', ms = 0 } = input as VendorCall['input']
    const write = (phase: VendorCall['phase']) => {
      const call: VendorCall = {
        phase,
        key: idempotencyKey,
        tenant: tenant.path,
        connection: connection.name,
        input,
        secret,
      }
      appendFileSync(log, `${JSON.stringify(call)}\n`)
    }
    write('begin')
    if (ms > 0) await sleep(ms)
    const times = timesBegun(log, idempotencyKey)
    const outcome = await outcomeOf(behave, times)
    write('end')
    return outcome
  }
}

/** From the file, because a vendor remembers when the controller is killed. */
function timesBegun(log: string, key: string): number {
  return readFileSync(log, 'utf8').split(`"phase":"begin","key":"${key}"`).length - 1
}

async function outcomeOf(behave: string, times: number): Promise<Outcome> {
  const requests = [{ method: 'POST', url: 'https://vendor.invalid/x', status: 200, ms: 1 }]
  switch (behave) {
    case 'fail':
      return { kind: 'failed', code: 'http-403', message: 'Forbidden', requests }
    case 'busy-once':
      if (times === 1) return { kind: 'retry', code: 'http-503', message: 'Busy', requests }
      break
    case 'unknown':
      return { kind: 'unknown', code: 'reset', message: 'The connection broke.', requests }
    case 'throw':
      throw new Error('a bug')
    case 'never':
      return new Promise(() => {})
    case 'spin':
      for (;;);
    case 'exit':
      process.exit(7)
      break
    case 'abort':
      // What memory exhaustion in a thread does to the whole process more often than not.
      process.kill(process.pid, 'SIGKILL')
      break
  }
  return { kind: 'succeeded', outputs: { times }, requests }
}
