import { closeSync, readdirSync, readlinkSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonMap } from '../../../controller/core/model/values.ts'
import type { Outcome } from '../../../controller/core/run/outcome.ts'
import { channel } from '../../../controller/io/backend/host-limits.ts'
import type { Perform } from '../../../controller/io/backend/perform.ts'

/** Loaded into a host in the place of the connectors: does to its host what no connector should be able to. */
export function openPerform(): Perform {
  return async ({ input }) => {
    const { ms = 0, behave = '' } = input as { ms?: number; behave?: string }
    await sleep(ms)
    const outputs = ((await misbehaviours[behave]?.()) ?? {}) as JsonMap
    return { kind: 'succeeded', outputs, requests: [] } satisfies Outcome
  }
}

const kept: unknown[] = []
const forever = () => new Promise<never>(() => {})

const misbehaviours: Record<string, () => unknown> = {
  'loops for ever': () => {
    for (;;);
  },
  'blocks in native code': () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  'fills its heap': () => {
    for (;;) kept.push(Array.from({ length: 1_000 }, (_, index) => ({ index })))
  },
  'fills memory beside its heap': async () => {
    for (;;) {
      kept.push(Buffer.alloc(32 * 2 ** 20, 1))
      await sleep(20)
    }
  },
  'calls itself without end': () => {
    const deeper = (): number => deeper() + 1
    return { depth: deeper() }
  },
  'ends the process': () => process.exit(0),
  'is killed': () => process.kill(process.pid, 'SIGKILL'),
  'throws where nobody catches': () => {
    setImmediate(() => {
      throw new Error('hunter2')
    })
    return forever()
  },
  'rejects where nobody catches': () => {
    void Promise.reject(new Error('hunter2'))
    return forever()
  },
  'closes its channel': () => {
    closeSync(channel)
    return forever()
  },
  'writes garbage': () => {
    writeSync(channel, '\0\0\0\x05hello')
    return forever()
  },
  'answers for others': () => {
    writeSync(channel, frame('{"answers":[{"seat":999999,"events":[],"waits":[]}]}'))
    return forever()
  },
  'announces a huge message': () => {
    writeSync(channel, Buffer.from([0xff, 0xff, 0xff, 0xff]))
    return forever()
  },
  'floods its channel': async () => {
    for (;;) {
      try {
        for (let count = 0; count < 100; count++) writeSync(channel, frame('{}'))
      } catch {
        // It is full.
      }
      await sleep(1)
    }
  },
  'gives a huge result': () => ({ huge: 'x'.repeat(64 * 2 ** 20) }),
  'never answers': forever,
  'keeps a little each time': () => void kept.push(Buffer.alloc(2 * 2 ** 20, 1)),
  'looks around': () => ({
    environment: Object.keys(process.env),
    files: readdirSync('/proc/self/fd').map((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`)
      } catch {
        return ''
      }
    }),
    pid: process.pid,
  }),
  'says who it is': () => ({ pid: process.pid }),
}

function frame(json: string): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(json.length)
  return Buffer.concat([head, Buffer.from(json)])
}
